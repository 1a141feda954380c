// The chat page: channels, threads, clicks and live updates.

import { $, api, attempt, complain, here, me, page, say, signIn, signOut, token, words } from './server.js';
import { dismiss, find, isMine, refresh, remove, showChannel, showThread, whisper } from './posts.js';
import { edit, know, restore } from './composer.js';
import { ask, openDialog } from './dialog.js';

let retry = 500;
const title = document.title;

// Channels and threads.

async function loadChannels() {
  const box = document.createElement('template');
  box.innerHTML = await (await page('GET', '/channels')).text();
  const focused = document.activeElement?.dataset.channel;
  $('channels').replaceChildren(box.content);
  if (focused) document.querySelector(`[data-channel="${focused}"]`)?.focus();
  mark();
}

const lineOf = id => document.querySelector(`[data-channel-id="${id}"]`);

function mark() {
  let called = 0, more = false;
  for (const link of document.querySelectorAll('[data-channel]')) {
    if (here.channel && link.dataset.channel === here.channel.path) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
    called += Number(link.querySelector('.mentions').textContent);
    more ||= Boolean(link.dataset.unread);
  }
  document.title = (called ? `(${called}) ` : '') + title;
  $('menu-mark').hidden = !more;
}

async function seen() {
  if (!here.channel || document.hidden) return;
  const { id } = here.channel;
  const { last_viewed_at_times: times } = await api('POST', '/channels/members/me/view', { channel_id: id });
  const link = lineOf(id);
  if (!link) return;
  link.dataset.viewed = times[id] || '';
  delete link.dataset.unread;
  link.querySelector('.mentions').textContent = '';
  link.querySelector('.mentions').hidden = true;
  mark();
}

async function openChannel(link, keepThread) {
  const { channel: path, header, peer, teamId, team: teamName } = link.dataset;
  let id = link.dataset.channelId;
  if (!id) {
    id = (await api('POST', '/channels/direct', [me.userId, peer])).id;
    link.dataset.channelId = id;
  }
  const name = link.querySelector('.name').textContent;
  const again = here.channel?.id === id;
  here.channel = { id, path, name, team: teamId, teamName };
  $('channel-name').textContent = (peer ? '' : '# ') + name;
  $('channel-header').textContent = header;
  $('message-box').placeholder = words.write.replace('%s', name);
  $('message-label').textContent = words.write.replace('%s', name);
  const viewed = link.dataset.unread ? link.dataset.viewed : '';
  mark();
  toggleMenu(false);
  if (!keepThread) closeThread();
  if (!again) {
    $('posts').replaceChildren();
    restore($('message-box'));
  }
  await showChannel(viewed);
  await know(teamId);
  await seen();
  address();
}

async function openThread(id, keepFocus) {
  const again = here.thread === id;
  here.thread = id;
  $('thread').hidden = false;
  document.body.classList.add('with-thread');
  if (!again) {
    $('thread-posts').replaceChildren();
    restore($('thread-box'));
  }
  await showThread();
  delete find(id)?.dataset.unreadReplies;
  address();
  if (!keepFocus) $('thread-box').focus();
}

// openPost follows a permalink: to the channel of the post, and its thread.
async function openPost(id) {
  const post = await api('GET', '/posts/' + id);
  const link = lineOf(post.channel_id);
  if (link && post.channel_id !== here.channel?.id) await openChannel(link);
  if (post.root_id || post.reply_count) await openThread(post.root_id || id);
  for (const old of document.querySelectorAll('.found')) old.classList.remove('found');
  for (const found of document.querySelectorAll(`.posts [data-post-id="${post.root_id || id}"], #thread-posts [data-post-id="${id}"]`)) {
    found.scrollIntoView({ block: 'center' });
    found.classList.add('found');
  }
}

function closeThread() {
  here.thread = '';
  $('thread').hidden = true;
  document.body.classList.remove('with-thread');
  if (here.channel) address();
}

function address() {
  const at = new URLSearchParams({ user: me.username, channel: here.channel.path });
  if (here.thread) at.set('thread', here.thread);
  history.replaceState(null, '', '/chat?' + at.toString().replaceAll('%2F', '/').replaceAll('%40', '@'));
}

function toggleMenu(open) {
  document.body.classList.toggle('menu-open', open);
  $('menu').setAttribute('aria-expanded', String(open));
  if (open) document.querySelector('[data-channel][aria-current]')?.focus();
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

async function copyLink(id) {
  const link = `${location.origin}/${here.channel.teamName}/pl/${id}`;
  try {
    await navigator.clipboard.writeText(link);
    say(words.copied);
  } catch { // the browser does not allow it: then by hand
    complain(words.copy.replace('%s', link));
  }
}

const clicks = {
  'button[data-action]': button => act(button),
  '[data-open-thread]': opener => {
    const { rootId, postId } = opener.closest('article').dataset;
    attempt(() => openThread(rootId || postId));
  },
  '[data-unfold]': button => button.closest('article').classList.add('unfolded'),
  '[data-dismiss]': button => dismiss(button.closest('article')),
  '[data-copy-link]': button => copyLink(button.closest('article').dataset.postId),
  '[data-edit]': button => attempt(() => edit(button.closest('article').dataset.postId, button.closest('#thread'))),
  '[data-delete]': button => {
    const { postId } = button.closest('article').dataset;
    ask(words.deleteAsk, words.delete, () => attempt(() => api('DELETE', '/posts/' + postId)));
  },
  '#thread-close': closeThread,
};

document.addEventListener('click', event => {
  for (const [selector, then] of Object.entries(clicks)) {
    const target = event.target.closest(selector);
    if (target) then(target);
  }
  const link = event.target.closest('a');
  if (!link || event.ctrlKey || event.metaKey) return;
  const permalink = link.matches('.post a') && link.origin === location.origin && link.pathname.match(/\/pl\/([a-z0-9]{26})$/);
  if (permalink) attempt(() => openPost(permalink[1]));
  else if (link.dataset.channel) attempt(() => openChannel(link).then(() => $('message-box').focus()));
  else if (link.id === 'sign-out') signOut();
  else return;
  event.preventDefault();
});
document.addEventListener('change', event => {
  if (event.target.matches('select[data-action]') && event.target.value) act(event.target, event.target.value);
});

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
document.addEventListener('visibilitychange', () => attempt(seen));

// Live updates.

const on = {
  posted: async ({ post }) => {
    const p = JSON.parse(post);
    const open = p.channel_id === here.channel?.id;
    if (open) await refresh(p.id, true);
    if (isMine(p)) return;
    if (open && !document.hidden) await seen();
    else await loadChannels(); // the server counts
  },
  post_edited: ({ post }) => {
    const p = JSON.parse(post);
    return p.channel_id === here.channel?.id ? refresh(p.id) : undefined;
  },
  post_deleted: ({ post }) => {
    const p = JSON.parse(post);
    remove(p.id);
    if (here.thread === p.id) closeThread();
    return p.root_id ? refresh(p.root_id) : undefined;
  },
  ephemeral_message: ({ post }) => whisper(JSON.parse(post)),
  open_dialog: ({ dialog }) => openDialog(JSON.parse(dialog)),
  direct_added: loadChannels,
  user_added: loadChannels,
  user_removed: loadChannels,
};

function listen() {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/api/v4/websocket');
  let last = Promise.resolve(); // events are shown in their order
  socket.onopen = () => socket.send(JSON.stringify({ seq: 1, action: 'authentication_challenge', data: { token: token() } }));
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
    complain(words.offline, here.thread && $('thread').offsetWidth > innerWidth / 2);
    setTimeout(() => api('GET', '/users/me').catch(() => {}).then(listen), retry);
    retry = Math.min(retry * 2, 10000);
  };
}

// ready shows what the address asks for at the start, and after every reconnect
// what was open, without touching what is being written.
async function ready() {
  const first = !here.channel;
  await loadChannels();
  const asked = new URLSearchParams(location.search);
  const link = document.querySelector(`[data-channel="${CSS.escape(here.channel?.path || asked.get('channel') || '')}"]`) || document.querySelector('[data-channel]');
  if (link) await openChannel(link, true);
  const root = here.thread || asked.get('thread');
  if (root) await openThread(root, !first);
  else if (first) $('message-box').focus();
  if (first && asked.get('draft')) restore($('message-box'), asked.get('draft'));
  if (first && asked.get('post')) await openPost(asked.get('post'));
  me.ready = 'true';
}

attempt(async () => {
  if (!token()) await signIn();
  await api('GET', '/users/me'); // a token the server forgot is renewed here
  listen();
});
