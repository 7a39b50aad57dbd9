// What the reader does with the rows. Words of the data become text, never markup.
const HEADS = {
  articles: ['State', 'Stack', 'Regulation', 'Article', 'Rules'],
  rules: ['State', 'Stack', 'Rule', 'Wanted state', 'Severity', 'Applied'],
  findings: ['State', 'Stack', 'Rule', 'Severity', 'Resource', 'Found', 'Fix', 'Where'],
  resources: ['State', 'Stack', 'Resource', 'Type', 'Found', 'Where'],
};
const TONES = { REFUSED: 'bad', 'NOT EVALUATED': 'open', EXEMPT: 'exempt', PASS: 'good' };
const MARKS = { REFUSED: '✗', 'NOT EVALUATED': '?', EXEMPT: '~', 'NOTHING TO JUDGE': '–', PASS: '✓', MANUAL: '·' };
const KEYS = ['stack', 'regulation', 'article', 'rule', 'resource', 'state', 'words', 'show'];
const SHOWN = 200;
const compare = new Intl.Collator('en', { numeric: true }).compare;
const byId = (id) => document.getElementById(id);
let sort = { column: 0, down: false }, limit = SHOWN;

function made(tag, text, parts = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(parts)) element.setAttribute(name, value);
  return element;
}

const fresh = () => ({ ...Object.fromEntries(KEYS.map((key) => [key, ''])), show: 'findings' });

function read() {
  const at = fresh(), told = new URLSearchParams(location.hash.slice(1));
  KEYS.forEach((key) => { if (told.has(key)) at[key] = told.get(key); });
  if (!Object.hasOwn(ROWS, at.show)) at.show = 'findings';
  return at;
}

function address(at) {
  const told = new URLSearchParams();
  KEYS.forEach((key) => { if (at[key] !== '') told.set(key, at[key]); });
  return `#${told}`;
}

function chip(state) {
  const word = data.states[state];
  return made('span', MARKS[word] ? `${MARKS[word]} ${word}` : word, { class: `tone ${TONES[word] || 'plain'}` });
}

function matching(at) {
  const words = at.words.toLowerCase().split(/\s+/).filter(Boolean), state = data.states.indexOf(at.state);
  const all = ROWS[at.show](at);
  const kept = all.filter((row) => (!at.state || row.state === state) && (!words.length || (() => {
    const text = `${data.states[row.state]} ${row.cells.join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  })()));
  const value = (row) => (sort.column === 0 ? row.state : row.cells[sort.column - 1]);
  const order = (one, other) => (sort.column === 0 ? value(one) - value(other) : compare(value(one), value(other)));
  kept.sort((one, other) => (sort.down ? order(other, one) : order(one, other)));
  return [kept, all.length];
}

function heads(at) {
  const row = byId('rows').tHead.rows[0];
  row.replaceChildren(...HEADS[at.show].map((name, column) => {
    const head = made('th', undefined, { scope: 'col', 'aria-sort': sort.column !== column ? 'none' : sort.down ? 'descending' : 'ascending' });
    const button = made('button', name, { type: 'button' });
    button.addEventListener('click', () => {
      sort = { column, down: sort.column === column && !sort.down };
      draw();
      byId('rows').tHead.rows[0].cells[column].firstChild.focus();
    });
    head.append(button);
    return head;
  }));
}

function line(row, at) {
  const element = made('tr'), first = made('td');
  first.append(chip(row.state));
  element.append(first, ...row.cells.map((text, column) => {
    const cell = made('td');
    if (row.to && row.link === column) cell.append(made('a', text, { href: address({ ...at, words: '', state: '', ...row.to }), class: 'down' }));
    else cell.textContent = text;
    return cell;
  }));
  return element;
}

function trail(at) {
  const stack = data.stacks.find((each) => each.name === at.stack);
  const regulation = data.regulations.find((each) => each.id === at.regulation);
  const steps = [['All stacks', fresh()]];
  if (at.stack) steps.push([at.stack, { ...fresh(), stack: at.stack, show: 'articles' }]);
  if (at.regulation) steps.push([regulation ? regulation.short : at.regulation, { ...fresh(), stack: at.stack, regulation: at.regulation, show: 'articles' }]);
  if (at.article) steps.push([at.article, { ...at, rule: '', resource: '', words: '', state: '', show: 'rules' }]);
  if (at.rule) steps.push([at.rule, { ...at, resource: '', words: '', state: '', show: 'resources' }]);
  if (at.resource !== '' && stack && stack.resources[at.resource]) steps.push([called(stack, at.resource), { ...at, show: 'rules' }]);
  byId('trail').replaceChildren(...steps.map(([text, to], index) => {
    const item = made('li');
    item.append(made('a', text, { href: address(to), ...(index === steps.length - 1 ? { 'aria-current': 'location' } : {}) }));
    return item;
  }));
}

function detail(at) {
  const box = byId('detail'), rule = data.rules[named(data.rules, at.rule)];
  const regulation = data.regulations.find((each) => each.id === at.regulation);
  const item = at.article && regulation ? regulation.items.find((each) => each.id === at.article) : null;
  const told = [];
  if (rule) {
    told.push(made('h3', `${rule.id}: ${rule.title}`), made('p', rule.why),
      made('p', `Severity ${rule.severity}. The ${rule.owner} answers. Fix: ${rule.fix.replaceAll('<stack>', at.stack || '<stack>')}`));
  } else if (item) {
    told.push(made('h3', `${regulation.short} ${item.id}: ${item.title}`), made('p', item.says));
    if (item.manual) told.push(made('p', `A person attests: ${item.manual}`));
    if (item.unverified) told.push(made('p', 'The number or content of this article was not verified.'));
  }
  if (at.stack && data.stacks.some((each) => each.name === at.stack)) {
    const part = item ? `#${item.anchor}` : regulation ? `#reg-${regulation.id}` : '';
    const line = made('p');
    line.append(made('a', `The report of ${at.stack}`, { href: `${encodeURIComponent(at.stack)}/report.html${part}` }));
    told.push(line);
  }
  box.replaceChildren(...told);
}

function draw() {
  const at = read();
  byId('words').value = at.words;
  ['stack', 'regulation', 'state'].forEach((key) => { byId(key).value = at[key]; });
  document.querySelectorAll('[name=show]').forEach((each) => { each.checked = each.value === at.show; });
  const [kept, all] = matching(at);
  heads(at);
  byId('rows').tBodies[0].replaceChildren(...kept.slice(0, limit).map((row) => line(row, at)));
  byId('count').textContent = `${kept.length} of ${all} ${at.show}`;
  const more = byId('more');
  more.hidden = kept.length <= limit;
  more.textContent = `Show ${Math.min(SHOWN, kept.length - limit)} more`;
  trail(at);
  detail(at);
}

function go(changes) {
  history.replaceState(null, '', address({ ...read(), ...changes }));
  limit = SHOWN;
  draw();
}

function start() {
  byId('explorer').hidden = false;
  data.stacks.forEach((each) => byId('stack').append(made('option', each.name, { value: each.name })));
  data.regulations.forEach((each) => byId('regulation').append(made('option', each.short, { value: each.id })));
  data.states.forEach((each) => byId('state').append(made('option', each.toLowerCase(), { value: each })));
  document.querySelectorAll('[data-regulation]').forEach((link) => {
    const { stack, regulation } = link.dataset;
    link.setAttribute('href', address({ ...fresh(), stack, regulation, show: 'articles' }));
  });
  let waiting = 0;
  byId('words').addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => go({ words: byId('words').value }), 120);
  });
  byId('stack').addEventListener('change', () => go({ stack: byId('stack').value, resource: '' }));
  byId('regulation').addEventListener('change', () => go({ regulation: byId('regulation').value, article: '' }));
  byId('state').addEventListener('change', () => go({ state: byId('state').value }));
  document.querySelectorAll('[name=show]').forEach((each) => each.addEventListener('change', () => {
    sort = { column: 0, down: false };
    go({ show: each.value });
  }));
  byId('reset').addEventListener('click', () => { go(fresh()); byId('words').focus(); });
  byId('filter').addEventListener('submit', (event) => event.preventDefault());
  byId('more').addEventListener('click', () => {
    const seen = byId('rows').tBodies[0].rows.length;
    limit += SHOWN;
    draw();
    const link = byId('rows').tBodies[0].rows[seen].querySelector('a');
    if (link) link.focus();
  });
  window.addEventListener('hashchange', () => {
    if (location.hash && !location.hash.includes('=')) return;
    limit = SHOWN;
    sort = { column: 0, down: false };
    draw();
    byId('explore').focus();
  });
  draw();
}

start();
