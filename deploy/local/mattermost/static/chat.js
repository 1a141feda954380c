// The chat page. It signs in, listens on the WebSocket and writes through
// /api/v4 like any client; only the HTML of posts comes from /page/….
'use strict';

const $ = id => document.getElementById(id);
const me = document.body.dataset;
const words = { cancel: me.wordsCancel, submit: me.wordsSubmit, choice: me.wordsChoice, write: me.wordsWrite, offline: me.wordsOffline, required: me.wordsRequired };
const tokenKey = 'token:' + me.username;
let channel = null; // {id, team, path, name} of the open channel
let thread = ''; // id of the open thread's root
let commands = []; // autocomplete lines of the channel's team
let retry = 500;

// Requests.

async function signIn() {
  const answer = await fetch('/page/signin', { method: 'POST', body: new URLSearchParams({ user: me.username }) });
  if (!answer.ok) throw new Error('sign-in: ' + answer.status);
  sessionStorage.setItem(tokenKey, (await answer.json()).token);
}

async function call(method, path, body, again) {
  const answer = await fetch(path, {
    method,
    headers: { Authorization: 'Bearer ' + sessionStorage.getItem(tokenKey), 'Accept-Language': document.documentElement.lang },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401 && !again) {
    await signIn();
    return call(method, path, body, true);
  }
  const text = await answer.text();
  if (!answer.ok) {
    let message = text;
    try { message = JSON.parse(text).message; } catch { /* a 429 is plain text */ }
    throw new Error(message);
  }
  return text;
}

const api = async (method, path, body) => JSON.parse(await call(method, '/api/v4' + path, body));

const narrow = matchMedia('(max-width: 900px)'); // as in chat.css: the thread covers the channel

// attempt shows what goes wrong the way a user of Mattermost reads it, above the
// form that is in use.
async function attempt(work, inThread = thread && narrow.matches) {
  const notice = $('notice');
  notice.hidden = true;
  try {
    await work();
    return true;
  } catch (error) {
    $(inThread ? 'thread-write' : 'write').before(notice);
    notice.textContent = error.message;
    notice.hidden = false;
    return false;
  }
}

// Posts.

function parse(html) {
  const box = document.createElement('template');
  box.innerHTML = html; // rendered and escaped by the server; the policy runs no script in it
  for (const bar of box.content.querySelectorAll('[data-color]')) bar.style.setProperty('--bar', bar.dataset.color);
  return [...box.content.querySelectorAll('article')];
}

const before = (a, b) => +a.dataset.created - +b.dataset.created || +a.dataset.order - +b.dataset.order;

// place puts a post where its time says, or brings the one shown up to date.
function place(list, post) {
  const old = list.querySelector(`[data-post-id="${post.dataset.postId}"]`);
  if (old) {
    if (+old.dataset.updated <= +post.dataset.updated) update(old, post);
    return;
  }
  const next = [...list.querySelectorAll('article')].find(other => before(post, other) < 0);
  const low = list.scrollHeight - list.scrollTop - list.clientHeight < 120;
  list.insertBefore(post, next || null);
  days(list);
  if (low || post.matches('.own, .ephemeral')) list.scrollTop = list.scrollHeight;
}

// update changes only the parts of a post that differ, so that a button under
// the pointer or the focus stays the same button.
function update(old, post) {
  for (const { name, value } of post.attributes) old.setAttribute(name, value);
  const body = old.querySelector('.body');
  const have = [...body.children];
  const want = [...post.querySelector('.body').children];
  want.forEach((part, i) => {
    if (!have[i]) body.append(part);
    else if (!have[i].isEqualNode(part)) have[i].replaceWith(part);
  });
  for (const part of have.slice(want.length)) part.remove();
}

function days(list) {
  for (const line of list.querySelectorAll('.day')) line.remove();
  let day = '';
  for (const post of list.querySelectorAll('article')) {
    if (post.dataset.day === day) continue;
    day = post.dataset.day;
    const line = document.createElement('p');
    line.className = 'day';
    line.textContent = post.dataset.dayLabel;
    post.before(line);
  }
}

async function fill(list, path) {
  list.setAttribute('aria-busy', 'true');
  const html = await call('GET', path).finally(() => list.removeAttribute('aria-busy'));
  const posts = parse(html);
  const kept = [...list.querySelectorAll('.ephemeral')];
  list.replaceChildren(...posts);
  for (const post of kept) place(list, post);
  days(list);
  list.scrollTop = list.scrollHeight;
}

async function refresh(id) {
  const [post] = parse(await call('GET', '/page/post?id=' + id));
  const root = post.dataset.rootId;
  if (!root) place($('posts'), post.cloneNode(true));
  if (thread === (root || id)) place($('thread-posts'), post);
  if (root) await refresh(root);
}

// Channels and threads.

async function loadChannels() {
  const box = document.createElement('template');
  box.innerHTML = await call('GET', '/page/channels');
  const counts = new Map([...document.querySelectorAll('.unread:not([hidden])')].map(u => [u.closest('a').dataset.channel, u.textContent]));
  $('channels').replaceChildren(box.content);
  for (const [path, count] of counts) unread(document.querySelector(`[data-channel="${path}"]`), count);
  mark();
}

function mark() {
  for (const link of document.querySelectorAll('[data-channel]')) {
    if (channel && link.dataset.channel === channel.path) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function unread(link, count) {
  const badge = link?.querySelector('.unread');
  if (!badge) return;
  badge.textContent = count;
  badge.hidden = !count;
}

async function openChannel(link, keepThread) {
  const { channel: path, header, peer, teamId } = link.dataset;
  let id = link.dataset.channelId;
  if (!id) {
    id = (await api('POST', '/channels/direct', [me.userId, peer])).id;
    link.dataset.channelId = id;
  }
  const name = link.querySelector('.name').textContent;
  channel = { id, path, name, team: teamId };
  $('channel-name').textContent = (peer ? '' : '# ') + name;
  $('channel-header').textContent = header;
  $('message-box').placeholder = words.write.replace('%s', name);
  $('message-label').textContent = words.write.replace('%s', name);
  unread(link, '');
  mark();
  toggleMenu(false);
  if (!keepThread) closeThread();
  $('posts').replaceChildren();
  await fill($('posts'), '/page/posts?channel=' + id);
  commands = await api('GET', `/teams/${teamId}/commands/autocomplete`);
  address();
}

async function openThread(id) {
  thread = id;
  $('thread').hidden = false;
  document.body.classList.add('with-thread');
  $('thread-posts').replaceChildren();
  await fill($('thread-posts'), '/page/thread?post=' + id);
  address();
  $('thread-box').focus();
}

// openPost follows a permalink: to the channel of the post, and its thread.
async function openPost(id) {
  const post = await api('GET', '/posts/' + id);
  const link = document.querySelector(`[data-channel-id="${post.channel_id}"]`);
  if (link && post.channel_id !== channel.id) await openChannel(link);
  if (post.root_id || post.reply_count) await openThread(post.root_id || id);
  const shown = document.querySelector(`#posts [data-post-id="${post.root_id || id}"]`);
  shown?.scrollIntoView({ block: 'center' });
  shown?.classList.add('found');
}

function closeThread() {
  thread = '';
  $('thread').hidden = true;
  document.body.classList.remove('with-thread');
  if (channel) address();
}

function address() {
  const at = new URLSearchParams({ user: me.username, channel: channel.path });
  if (thread) at.set('thread', thread);
  history.replaceState(null, '', '/chat?' + at.toString().replaceAll('%2F', '/').replaceAll('%40', '@'));
}

function toggleMenu(open) {
  document.body.classList.toggle('menu-open', open);
  $('menu').setAttribute('aria-expanded', String(open));
  if (open) document.querySelector('[data-channel][aria-current]')?.focus();
}

// Writing.

async function send(box, root) {
  const text = box.value;
  if (!text.trim()) return;
  box.value = '';
  suggest(box);
  const done = await attempt(() => text.startsWith('/')
    ? api('POST', '/commands/execute', { channel_id: channel.id, team_id: channel.team, root_id: root, command: text })
    : api('POST', '/posts', { channel_id: channel.id, root_id: root, message: text, pending_post_id: me.userId + ':' + Date.now() }), root);
  if (!done && !box.value) box.value = text;
}

// suggest shows the one line per command that the server has for autocompletion.
function suggest(box) {
  const list = box.form.querySelector('ul');
  const typed = box.value;
  const fitting = typed.startsWith('/') && !typed.includes('\n')
    ? commands.filter(c => ('/' + c.trigger).startsWith(typed.split(' ')[0].toLowerCase())) : [];
  list.replaceChildren(...fitting.map(c => {
    const line = document.createElement('li'), pick = document.createElement('button');
    pick.type = 'button';
    pick.dataset.suggestion = c.trigger;
    pick.append(Object.assign(document.createElement('b'), { textContent: '/' + c.trigger }), ' ' + c.auto_complete_hint);
    if (c.auto_complete_desc) pick.append(Object.assign(document.createElement('span'), { textContent: c.auto_complete_desc }));
    pick.onclick = () => { complete(box, c.trigger); };
    line.append(pick);
    return line;
  }));
  list.hidden = !fitting.length;
  return fitting;
}

function complete(box, trigger) {
  box.value = `/${trigger} ` + box.value.split(' ').slice(1).join(' ');
  box.focus();
  suggest(box);
}

for (const [box, root] of [[$('message-box'), () => ''], [$('thread-box'), () => thread]]) {
  const grow = () => { box.style.height = 'auto'; box.style.height = Math.min(box.scrollHeight, 200) + 'px'; };
  box.addEventListener('input', () => { $('notice').hidden = true; suggest(box); grow(); });
  let sending = false; // a driven browser may still insert the line break of an Enter that was taken
  box.addEventListener('beforeinput', event => { if (sending && event.inputType === 'insertLineBreak') event.preventDefault(); });
  box.addEventListener('keydown', event => {
    sending = event.key === 'Enter' && !event.shiftKey && !event.isComposing;
    if (event.key === 'Escape') box.form.querySelector('ul').hidden = true;
    if (event.key === 'Tab' && !event.shiftKey && /^\/\S*$/.test(box.value)) {
      const [first] = suggest(box);
      if (first) { event.preventDefault(); complete(box, first.trigger); }
    }
    if (sending) {
      event.preventDefault();
      box.form.requestSubmit();
    }
  });
  box.form.addEventListener('submit', event => { event.preventDefault(); send(box, root()).then(grow); });
}

// Clicks on posts, channels and menus.

const act = (control, selected) => attempt(async () => {
  const post = control.closest('article');
  control.disabled = true;
  try {
    await api('POST', `/posts/${post.dataset.postId}/actions/${control.dataset.action}`, { selected_option: selected, cookie: control.dataset.cookie });
  } finally {
    control.disabled = false;
    if (selected) control.value = '';
  }
}, control.closest('#thread'));

document.addEventListener('click', event => {
  const link = event.target.closest('a[data-channel]');
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    attempt(() => openChannel(link));
  }
  const permalink = event.target.closest('.post a')?.href.match(/\/pl\/([a-z0-9]{26})$/);
  if (permalink && event.target.closest('a').origin === location.origin) {
    event.preventDefault();
    attempt(() => openPost(permalink[1]));
  }
  const button = event.target.closest('button[data-action]');
  if (button) act(button);
  const opener = event.target.closest('[data-open-thread]');
  if (opener) {
    const post = opener.closest('article');
    attempt(() => openThread(post.dataset.rootId || post.dataset.postId));
  }
});
document.addEventListener('change', event => {
  if (event.target.matches('select[data-action]') && event.target.value) act(event.target, event.target.value);
});
$('thread-close').addEventListener('click', closeThread);

// The menu of a narrow screen covers its own button: anything beside it closes it.
document.addEventListener('click', event => {
  if (event.target.closest('#menu')) toggleMenu(true);
  else if (!event.target.closest('#side')) toggleMenu(false);
});
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape' || !document.body.classList.contains('menu-open')) return;
  toggleMenu(false);
  $('menu').focus();
});

// Dialogs.

const element = (tag, props, ...children) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
};

function control(field) {
  const common = { name: field.name, id: 'field-' + field.name, required: !field.optional };
  switch (field.type) {
    case 'textarea':
      return element('textarea', { ...common, rows: 5, maxLength: field.max_length || 3000, placeholder: field.placeholder, value: field.default });
    case 'select':
      return element('select', common, element('option', { value: '', textContent: field.placeholder || words.choice }),
        ...(field.options || []).map(o => element('option', { value: o.value, textContent: o.text, selected: o.value === field.default })));
    case 'radio':
      return element('span', { className: 'choices', id: common.id, role: 'radiogroup', ariaLabel: field.display_name }, ...(field.options || []).map(o => element('label', {},
        element('input', { type: 'radio', name: field.name, value: o.value, checked: o.value === field.default }), ' ' + o.text)));
    case 'bool':
      return element('label', {}, element('input', { ...common, required: false, type: 'checkbox', checked: field.default === 'true' }), ' ' + field.placeholder);
    default:
      return element('input', { ...common, type: field.subtype || 'text', maxLength: field.max_length || 150, placeholder: field.placeholder, value: field.default });
  }
}

async function openDialog({ url, dialog }) {
  const introduction = element('div', { className: 'introduction' });
  if (dialog.introduction_text) introduction.innerHTML = await call('POST', '/page/text', dialog.introduction_text); // rendered and escaped by the server
  const fields = dialog.elements || [];
  const line = field => {
    const input = control(field);
    input.setAttribute('aria-describedby', `help-${field.name} error-${field.name}`);
    const error = element('span', { className: 'error', id: 'error-' + field.name });
    error.dataset.errorFor = field.name;
    return element('div', { className: 'field' }, element('label', { htmlFor: 'field-' + field.name, textContent: field.display_name + (field.optional ? '' : ' *') }),
      input, element('span', { className: 'help', id: 'help-' + field.name, textContent: field.help_text }), error);
  };
  const form = element('form', { noValidate: true },
    element('h2', { id: 'dialog-title', textContent: dialog.title }),
    introduction,
    ...fields.map(line),
    element('p', { id: 'dialog-error', className: 'error' }),
    element('p', { className: 'actions' },
      element('button', { type: 'button', id: 'dialog-cancel', textContent: words.cancel }),
      element('button', { id: 'dialog-submit', className: 'primary', textContent: dialog.submit_label || words.submit })));
  form.querySelector('#dialog-error').setAttribute('role', 'alert');
  const submit = cancelled => api('POST', '/actions/dialogs/submit', {
    url, callback_id: dialog.callback_id, state: dialog.state, channel_id: channel.id, team_id: channel.team, cancelled,
    submission: cancelled ? {} : Object.fromEntries(fields.map(f => [f.name, f.type === 'bool' ? form.elements[f.name].checked : form.elements[f.name].value])),
  });
  const show = answer => {
    for (const place of form.querySelectorAll('[data-error-for]')) {
      place.textContent = answer.errors?.[place.dataset.errorFor] || '';
      form.querySelector('#field-' + place.dataset.errorFor)?.setAttribute('aria-invalid', String(place.textContent !== ''));
    }
    form.querySelector('#dialog-error').textContent = answer.error || '';
    form.querySelector('[data-error-for]:not(:empty)')?.parentElement.querySelector('input, textarea, select')?.focus();
  };
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const missing = fields.filter(f => !f.optional && f.type !== 'bool' && !form.elements[f.name].value.trim());
    if (missing.length) return show({ errors: Object.fromEntries(missing.map(f => [f.name, words.required])) });
    try {
      const answer = await submit(false);
      if (answer.error || Object.keys(answer.errors || {}).length) show(answer);
      else $('dialog').close();
    } catch (error) {
      show({ error: error.message });
    }
  });
  form.querySelector('#dialog-cancel').addEventListener('click', () => {
    if (dialog.notify_on_cancel) attempt(() => submit(true));
    $('dialog').close();
  });
  $('dialog').replaceChildren(form);
  if (!$('dialog').open) $('dialog').showModal();
}

// Live updates.

const on = {
  posted: async ({ post }) => {
    const p = JSON.parse(post);
    if (channel && p.channel_id === channel.id) return refresh(p.id);
    let link = document.querySelector(`[data-channel-id="${p.channel_id}"]`);
    if (!link) {
      await loadChannels();
      link = document.querySelector(`[data-channel-id="${p.channel_id}"]`);
    }
    unread(link, String(1 + Number(link?.querySelector('.unread').textContent || 0)));
  },
  post_edited: ({ post }) => {
    const p = JSON.parse(post);
    return channel && p.channel_id === channel.id ? refresh(p.id) : undefined;
  },
  post_deleted: ({ post }) => {
    const p = JSON.parse(post);
    for (const gone of document.querySelectorAll(`article[data-post-id="${p.id}"], article[data-root-id="${p.id}"]`)) gone.remove();
    days($('posts'));
    if (thread === p.id) closeThread();
    return p.root_id ? refresh(p.root_id) : undefined;
  },
  ephemeral_message: async ({ post }) => {
    const p = JSON.parse(post);
    const [shown] = parse(await call('POST', '/page/ephemeral', p));
    if (p.root_id && p.root_id === thread) place($('thread-posts'), shown);
    else if (channel && p.channel_id === channel.id) place($('posts'), shown);
  },
  open_dialog: ({ dialog }) => openDialog(JSON.parse(dialog)),
  direct_added: loadChannels,
};

function listen() {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/v4/websocket');
  let last = Promise.resolve(); // events are shown in their order
  socket.onopen = () => socket.send(JSON.stringify({ seq: 1, action: 'authentication_challenge', data: { token: sessionStorage.getItem(tokenKey) } }));
  socket.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.event === 'hello') {
      retry = 500;
      last = last.then(() => attempt(ready));
    } else if (on[event.event]) {
      last = last.then(() => on[event.event](event.data)).catch(error => console.warn(event.event, error));
    }
  };
  socket.onclose = () => {
    me.ready = 'false';
    attempt(() => { throw new Error(words.offline); });
    setTimeout(() => api('GET', '/users/me').catch(() => {}).then(listen), retry);
    retry = Math.min(retry * 2, 10000);
  };
}

// ready shows what the address asks for, at the start and after every reconnect.
async function ready() {
  await loadChannels();
  const asked = new URLSearchParams(location.search);
  const link = document.querySelector(`[data-channel="${CSS.escape(channel?.path || asked.get('channel') || '')}"]`) || document.querySelector('[data-channel]');
  if (link) await openChannel(link, true);
  const root = thread || asked.get('thread');
  if (root) await openThread(root);
  else $('message-box').focus();
  me.ready = 'true';
}

attempt(async () => {
  if (!sessionStorage.getItem(tokenKey)) await signIn();
  await api('GET', '/users/me'); // a token the server forgot is renewed here
  listen();
});
