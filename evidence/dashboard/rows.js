// From the data to rows: {state, cells, to}. No document here.
const data = JSON.parse(document.getElementById('data').textContent);
const PASS = data.states.indexOf('PASS'), NONE = data.states.indexOf('NOTHING TO JUDGE');

const stacksOf = (at) => data.stacks.filter((stack) => !at.stack || stack.name === at.stack);
const named = (list, id) => list.findIndex((each) => each.id === id);

// Regulations in force in a stack, with their articles, as the scope asks for them.
function articlesOf(stack, at) {
  const found = [];
  data.regulations.forEach((regulation, index) => {
    const states = stack.states[index];
    if (!states || (at.regulation && regulation.id !== at.regulation)) return;
    regulation.items.forEach((item, place) => {
      if (!at.article || item.id === at.article) found.push({ regulation, item, state: states[place] });
    });
  });
  return found;
}

// Places of the rules in scope: of an article, a regulation, a resource, or by name.
function rulesOf(stack, at) {
  let wanted = null;
  if (at.article || at.regulation) {
    wanted = new Set(articlesOf(stack, at).flatMap(({ item }) => item.rules));
  }
  const own = at.rule ? named(data.rules, at.rule) : -1;
  const resource = at.resource === '' ? null : stack.resources[Number(at.resource)];
  const hit = new Set(stack.findings.filter((each) => String(each.at) === at.resource).map((each) => each.rule));
  return data.rules.map((_, index) => index).filter((index) => stack.rules[index] !== null
    && (!at.rule || index === own) && (!wanted || wanted.has(index))
    && (at.resource === '' || hit.has(index)
      || Boolean(resource && data.rules[index].each && data.rules[index].types.includes(resource[0]))));
}

const called = (stack, at) => {
  const [, name, own] = stack.resources[at];
  return own ? `${name} (${own})` : name;
};

const ROWS = {
  articles: (at) => stacksOf(at).flatMap((stack) => articlesOf(stack, at)
    .filter(({ item }) => !at.rule || item.rules.includes(named(data.rules, at.rule)))
    .map(({ regulation, item, state }) => ({
      state,
      cells: [stack.name, regulation.short, `${item.id} ${item.title}`, String(item.rules.length)],
      to: { stack: stack.name, regulation: regulation.id, article: item.id, show: item.rules.length ? 'rules' : 'articles' },
      link: 2,
    }))),
  rules: (at) => stacksOf(at).flatMap((stack) => rulesOf(stack, at).map((index) => ({
    state: stack.rules[index],
    cells: [stack.name, data.rules[index].id, data.rules[index].title, data.rules[index].severity, String(stack.applied[index])],
    to: { stack: stack.name, rule: data.rules[index].id, resource: '', show: 'resources' },
    link: 1,
  }))),
  findings: (at) => stacksOf(at).flatMap((stack) => {
    const rules = new Set(rulesOf(stack, at));
    return stack.findings.filter((each) => rules.has(each.rule) && (at.resource === '' || String(each.at) === at.resource))
      .map((each) => ({
        state: each.state,
        cells: [stack.name, data.rules[each.rule].id, data.rules[each.rule].severity, each.resource, each.ground || each.message,
          data.rules[each.rule].fix.replaceAll('<stack>', stack.name), each.where],
        to: { stack: stack.name, rule: data.rules[each.rule].id, show: 'resources' },
        link: 1,
      }));
  }),
  resources: (at) => stacksOf(at).flatMap((stack) => resourceRows(stack, at)),
};

function resourceRows(stack, at) {
  const rules = rulesOf(stack, at), inScope = new Set(rules);
  const found = stack.findings.filter((each) => inScope.has(each.rule) && (at.resource === '' || String(each.at) === at.resource));
  const types = new Set(rules.filter((index) => data.rules[index].each).flatMap((index) => data.rules[index].types));
  const worst = new Map();
  found.forEach((each) => { if (each.at >= 0) worst.set(each.at, [...(worst.get(each.at) || []), each]); });
  const rows = found.filter((each) => each.at < 0).map((each) => ({
    state: each.state,
    cells: [stack.name, each.resource, '', each.ground || `${each.message}. Fix: ${data.rules[each.rule].fix.replaceAll('<stack>', stack.name)}`, each.where],
  }));
  stack.resources.forEach(([type], index) => {
    if (at.resource !== '' && String(index) !== at.resource) return;
    const own = worst.get(index);
    if (!own && !types.has(type)) return;
    const told = own && at.rule ? own.map((each) => each.ground || `${each.message}. Fix: ${data.rules[each.rule].fix.replaceAll('<stack>', stack.name)}`).join('; ')
      : own ? `${own.length} not passed` : 'holds';
    rows.push({
      state: own ? Math.min(...own.map((each) => each.state)) : PASS,
      cells: [stack.name, called(stack, index), data.types[type], told, own ? own[0].where : ''],
      to: { stack: stack.name, resource: String(index), regulation: '', article: '', rule: '', show: 'rules' },
      link: 1,
    });
  });
  if (at.rule && !rows.length && rules.length) {
    const [index] = rules;
    rows.push({ state: stack.rules[index], cells: [stack.name, 'the stack as a whole', '', `applied ${stack.applied[index]} times`, ''] });
  }
  return rows;
}
