package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/joho/godotenv"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/followup-dev/followup-operator/internal/transfer"
)

// The files that an import writes.
const (
	importedObjects = "followup.yaml"
	importedSecrets = "secrets.yaml"
)

// importing is the command.
type importing struct {
	env      *environment
	output   format
	source   transfer.Source
	settings string // files
	mappings string
	dsn      string
	dir      string
	check    bool
}

func newImport(env *environment) *cobra.Command {
	i := &importing{env: env}
	command := &cobra.Command{
		Use:   "import --env-file .env --app-id APP --name TENANT --out-dir DIRECTORY",
		Short: "Make YAML of an installation of the single-tenant bot",
		Long: `Make YAML of an installation of the single-tenant bot: of its .env, its account_mappings.json and its database.

All of it is checked first; nothing is written while there is something to mend. followup.yaml has no secret, and secrets.yaml has
them all: put these into your secret store, or apply them and delete the file. Neither the bot nor its database is changed.`,
		Example: `  kubectl followup import --env-file .env --account-mappings configs/account_mappings.json --from-dsn-file bot.dsn \
    --app-id A0123456789 --name acme -n followup --check`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return i.run(c.Context()) },
	}
	flags := command.Flags()
	flags.StringVar(&i.settings, "env-file", "", "the bot's .env")
	flags.StringVar(&i.mappings, "account-mappings", "", "the bot's configs/account_mappings.json")
	flags.StringVar(&i.dsn, "from-dsn-file", "", "file with the DSN of the bot's database, which is read for the plan, the time zone and the account mappings")
	flags.StringVar(&i.source.AppID, "app-id", "", "ID of the app in Slack, which the bot did not need to know")
	flags.StringVar(&i.source.Name, "name", "", "name of the Tenant")
	flags.StringVar(&i.source.SlackApp, "slack-app", "followup", "name of the SlackApp")
	flags.StringVar(&i.dir, "out-dir", "", "directory to write to; it is made, and what is there is left alone")
	flags.BoolVar(&i.check, "check", false, "only say what there is and what would be made")
	i.output.addTo(command)
	_ = command.MarkFlagRequired("env-file")
	_ = command.MarkFlagRequired("name")
	return command
}

func (i *importing) run(ctx context.Context) error {
	if i.dir == "" && !i.check {
		return errors.New("--out-dir: is required, or --check")
	}
	if err := i.read(ctx); err != nil {
		return err
	}
	made, err := transfer.Read(i.source)
	if err != nil {
		return fmt.Errorf("%s: %w", i.settings, err)
	}
	if err := i.output.print(i.env.Out, made.Findings, func(w io.Writer) error { return tell(w, made.Findings) }); err != nil {
		return err
	}
	if len(made.Findings.Problems) > 0 {
		return fmt.Errorf("nothing was made: there are %d problems to mend first", len(made.Findings.Problems))
	}
	if i.check {
		return nil
	}
	return i.write(made)
}

// read reads all that the source is made of.
func (i *importing) read(ctx context.Context) (err error) {
	if i.source.Namespace, _, err = i.env.flags.ToRawKubeConfigLoader().Namespace(); err != nil {
		return err
	}
	if i.source.Settings, err = os.ReadFile(i.settings); err != nil {
		return err
	}
	if i.mappings != "" {
		if i.source.Mappings, err = os.ReadFile(i.mappings); err != nil {
			return err
		}
	}
	if i.dsn == "" {
		return nil
	}
	dsn, err := os.ReadFile(i.dsn)
	if err != nil {
		return err
	}
	values, _ := godotenv.Parse(bytes.NewReader(i.source.Settings)) // what is wrong with it is told by transfer.Read
	i.source.Database, err = transfer.ReadDatabase(ctx, strings.TrimSpace(string(dsn)), values["SLACK_TEAM_ID"])
	return err
}

func (i *importing) write(made transfer.Import) error {
	if err := os.MkdirAll(i.dir, 0o700); err != nil {
		return err
	}
	for name, objects := range map[string][]client.Object{importedObjects: made.Objects, importedSecrets: made.Secrets} {
		encoded, err := manifests(objects)
		if err != nil {
			return err
		}
		if err := transfer.Write(filepath.Join(i.dir, name), encoded); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(i.env.ErrOut, `
Next: move what %s has into your secret store, or apply it and delete it; then see what comes of the rest, and apply that:
  kubectl apply -f %[1]s
  kubectl followup plan -f %[2]s
  kubectl apply -f %[2]s
`, filepath.Join(i.dir, importedSecrets), filepath.Join(i.dir, importedObjects))
	return err
}

// manifests are the objects in YAML, as one would write them.
func manifests(objects []client.Object) ([]byte, error) {
	var all bytes.Buffer
	for _, object := range objects {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			return nil, err
		}
		delete(content, "status")
		if metadata, ok := content["metadata"].(map[string]any); ok {
			delete(metadata, "creationTimestamp")
		}
		encoded, err := yaml.Marshal(content)
		if err != nil {
			return nil, err
		}
		all.WriteString("---\n")
		all.Write(encoded)
	}
	return all.Bytes(), nil
}

// tell writes the findings for people.
func tell(w io.Writer, found transfer.Findings) error {
	var rows [][]string
	for _, setting := range found.Settings {
		rows = append(rows, []string{setting.Name, string(setting.Use), setting.Note})
	}
	if err := table(w, "", []string{"VARIABLE", "", ""}, rows); err != nil {
		return err
	}
	var lines []string
	if d := found.Database; d != nil {
		lines = append(lines, fmt.Sprintf("The bot's database: plan %s, time zone %s, locale %s.", or(d.Plan), or(d.TimeZone), or(d.Locale)))
		for _, table := range slices.Sorted(maps.Keys(d.LeftOut)) {
			lines = append(lines, fmt.Sprintf("  %d rows of %s are not taken", d.LeftOut[table], table))
		}
	}
	lines = append(lines, fmt.Sprintf("Account mappings: %d.", found.Mappings))
	if len(found.Objects) > 0 {
		lines = append(lines, "Made are "+strings.Join(found.Objects, ", ")+";", "and the Secrets "+strings.Join(found.SecretNames, ", ")+".")
	}
	if len(found.Problems) > 0 {
		lines = append(lines, "To mend:")
		for _, problem := range found.Problems {
			lines = append(lines, "  "+problem)
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", strings.Join(lines, "\n"))
	return err
}
