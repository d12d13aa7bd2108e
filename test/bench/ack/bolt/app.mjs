// The peer that Slack's own framework is: what its guides show, with an installation store in Postgres, and one audit row
// committed for each command and click. It has it easier than the webhook: the row is written past row-level security, and
// the tenants' IDs are known beforehand.
import { readFileSync } from 'node:fs'
import bolt from '@slack/bolt'
import pg from 'pg'

const env = (name) => process.env[name] ?? (() => { throw new Error(`${name} is not set`) })()
const pool = new pg.Pool({ connectionString: readFileSync(env('DSN_FILE'), 'utf8').trim(), max: Number(env('POOL_SIZE')) })

const { rows } = await pool.query('SELECT slack_team_id, id FROM followup.tenants')
const tenants = new Map(rows.map((row) => [row.slack_team_id, row.id]))

const installationStore = {
  async storeInstallation() { throw new Error('nobody installs during a benchmark') },
  async fetchInstallation({ teamId }) {
    const found = await pool.query({
      name: 'fetchInstallation',
      text: 'SELECT installation FROM slack_installations WHERE team_id = $1',
      values: [teamId],
    })
    return found.rows[0].installation
  },
}

const audit = (event, team, user) => pool.query({
  name: 'audit',
  text: `INSERT INTO followup.audit_logs (tenant_id, event_type, event_category, actor_slack_id) VALUES ($1, $2, 'data_access', $3)`,
  values: [tenants.get(team), event, user],
})

const app = new bolt.App({
  signingSecret: env('SLACK_SIGNING_SECRET'),
  clientId: 'bench', clientSecret: 'bench', stateSecret: 'bench',
  installationStore,
  endpoints: ['/slack/commands', '/slack/interactions'],
  logLevel: bolt.LogLevel.ERROR,
})

app.command('/meetings', async ({ ack, body }) => {
  await audit('command.meetings', body.team_id, body.user_id)
  await ack()
})

app.action('meetings_older', async ({ ack, body }) => {
  await audit('action.meetings', body.team.id, body.user.id)
  await ack()
})

await app.start({ port: Number(env('PORT')), host: '127.0.0.1' })
