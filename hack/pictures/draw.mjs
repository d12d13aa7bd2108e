// Draws what a Slack user sees. For each FILE.json of a folder, which holds a view or a message as it was sent to Slack, it
// writes FILE.html beside it: the surface around it, as far as it helps to recognise it, and the blocks, drawn by a library.
//
//   node draw.mjs FOLDER
import {readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createElement as h} from 'react';
import {renderToStaticMarkup} from 'react-dom/server';
import {Message} from 'slack-blocks-to-jsx';

const library = readFileSync(new URL('node_modules/slack-blocks-to-jsx/dist/style.css', import.meta.url), 'utf8');
const ours = readFileSync(new URL('surface.css', import.meta.url), 'utf8');

// The library tells its developers what a box would do.
const hint = /<p>↵ Please &#x27;enter&#x27; to submit<\/p>/g;

// What the library does otherwise than Slack: to it, verbatim text has no markup, and a menu shows no initial option.
const adapt = (value) => {
  if (Array.isArray(value)) return value.map((member) => adapt(member));
  if (value === null || typeof value !== 'object') return value;
  const {verbatim, ...rest} = value;
  // A colon between digits begins an emoji there.
  if (rest.type === 'mrkdwn') rest.text = rest.text.replace(/\|(\d+):(\d+)>/g, '|$1∶$2>');
  const adapted = Object.fromEntries(Object.entries(rest).map(([name, member]) => [name, adapt(member)]));
  return adapted.initial_option?.text ? {...adapted, placeholder: adapted.initial_option.text} : adapted;
};

const blocks = (content) => h(Message, {blocks: adapt(content.blocks), name: 'Followup', logo: '', theme: 'light', withoutWrapper: true});

const modal = (view) => h('div', {className: 'modal'},
  h('header', null, h('i', {className: 'app'}, 'F'), h('b', null, view.title.text), h('span', null, '×')),
  h('main', null, blocks(view)),
  h('footer', null, view.close && h('button', null, view.close.text), view.submit && h('button', {className: 'go'}, view.submit.text)));

const message = (content) => h('div', {className: 'message'},
  h('i', {className: 'app'}, 'F'),
  h('div', null, h('p', {className: 'from'}, h('b', null, 'Followup'), h('em', null, 'APP'), h('span', null, '15:32')), blocks(content)));

const folder = process.argv[2];
for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const content = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const surface = content.type === 'modal' ? modal(content) : message(content);
  const page = `<!doctype html><meta charset="utf-8"><style>${library}\n${ours}</style><body>${renderToStaticMarkup(surface).replace(hint, '')}<script>document.documentElement.dataset.height = document.body.scrollHeight</script></body>`;
  writeFileSync(join(folder, file.replace(/json$/, 'html')), page);
}
