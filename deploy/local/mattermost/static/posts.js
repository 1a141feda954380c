// The lists of posts: the channel's and the thread's.

import { $, element, here, me, page, words } from './server.js';

const whispers = []; // ephemeral posts, which the server does not keep: {channel, root, post}
const groupedWithin = 5 * 60 * 1000;

export function parse(html) {
  const box = document.createElement('template');
  box.innerHTML = html; // rendered and escaped by the server; the policy runs no script in it
  for (const bar of box.content.querySelectorAll('[data-color]')) bar.style.setProperty('--bar', bar.dataset.color);
  return [...box.content.querySelectorAll('article')];
}

const before = (a, b) => +a.dataset.created - +b.dataset.created || +a.dataset.order - +b.dataset.order;
const atBottom = list => list.scrollHeight - list.scrollTop - list.clientHeight < 120;

// place puts a post where its time says, or brings the one shown up to date.
function place(list, post) {
  const old = list.querySelector(`[data-post-id="${post.dataset.postId}"]`);
  if (old) {
    if (+old.dataset.updated <= +post.dataset.updated) update(old, post);
    return arrange(list);
  }
  const next = [...list.querySelectorAll('article')].find(other => before(post, other) < 0);
  const low = atBottom(list);
  list.insertBefore(post, next || null);
  arrange(list);
  if (low || post.matches('.own, .ephemeral')) list.scrollTop = list.scrollHeight;
  if (post.matches('.ephemeral') && post.offsetHeight > list.clientHeight) post.scrollIntoView({ block: 'start' }); // it is read from its top
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

// arrange draws the lines between days and before what is new, and groups what
// one person wrote in a row.
function arrange(list) {
  for (const line of list.querySelectorAll('.day, .fresh')) line.remove();
  const line = (className, textContent) => element('p', { className, textContent });
  let last = null, fresh = list.dataset.viewed && +list.dataset.viewed;
  for (const post of list.querySelectorAll('article')) {
    const newDay = post.dataset.day !== last?.dataset.day;
    if (newDay) post.before(line('day', post.dataset.dayLabel));
    const isFresh = fresh && +post.dataset.created > fresh && !post.matches('.own, .ephemeral');
    if (isFresh) {
      if (last) post.before(line('fresh', words.fresh));
      fresh = 0;
    }
    const plain = p => !p.matches('.ephemeral, .system') && !p.querySelector('.attachment, .edited, .tag.priority');
    post.classList.toggle('follows', !newDay && !isFresh && last.dataset.author === post.dataset.author && plain(last) && plain(post) &&
      +post.dataset.created - +last.dataset.created < groupedWithin);
    last = post;
  }
}

async function fill(list, path, wanted) {
  list.setAttribute('aria-busy', 'true');
  const answer = await page('GET', path).finally(() => list.removeAttribute('aria-busy'));
  list.replaceChildren(...parse(await answer.text()));
  for (const w of whispers.filter(wanted)) place(list, w.post);
  arrange(list);
  offerOlder(list, answer);
  list.scrollTop = list.scrollHeight;
}

// showChannel fills the list of the open channel; what came after viewed, in
// milliseconds, is marked as new.
export function showChannel(viewed) {
  $('posts').dataset.viewed = viewed || '';
  const { id } = here.channel;
  return fill($('posts'), '/posts?channel=' + id, w => w.channel === id && !(w.root && w.root === here.thread));
}

export const showThread = () => fill($('thread-posts'), '/thread?post=' + here.thread, w => w.root === here.thread);

function offerOlder(list, answer) {
  if (answer.headers.get('X-More') !== 'true') return;
  const button = element('button', { type: 'button', className: 'older', textContent: words.older });
  button.onclick = async () => {
    const first = list.querySelector('article');
    const older = await page('GET', `/posts?channel=${here.channel.id}&before=${first.dataset.postId}`);
    const low = list.scrollHeight - list.scrollTop;
    button.remove();
    list.prepend(...parse(await older.text()));
    arrange(list);
    offerOlder(list, older);
    list.scrollTop = list.scrollHeight - low;
    list.focus();
  };
  list.prepend(button);
}

// refresh brings one post up to date, and the root of its thread.
export async function refresh(id, arrived) {
  const [post] = parse(await (await page('GET', '/post?id=' + id)).text());
  const root = post.dataset.rootId;
  const own = post.matches('.own');
  if (arrived && !$('posts').querySelector('.fresh')) $('posts').dataset.viewed = ''; // what comes while one looks is not marked
  if (!root) place($('posts'), post.cloneNode(true));
  if (here.thread === (root || id)) place($('thread-posts'), post);
  if (!root) return;
  await refresh(root);
  const shown = $('posts').querySelector(`[data-post-id="${root}"]`);
  if (arrived && !own && here.thread !== root && shown) shown.dataset.unreadReplies = 'true';
}

export async function whisper(p) {
  const [post] = parse(await (await page('POST', '/ephemeral', p)).text());
  whispers.push({ channel: p.channel_id, root: p.root_id, post });
  if (p.root_id && p.root_id === here.thread) place($('thread-posts'), post);
  else if (here.channel && p.channel_id === here.channel.id) place($('posts'), post);
}

export function dismiss(post) {
  whispers.splice(0, whispers.length, ...whispers.filter(w => w.post.dataset.postId !== post.dataset.postId));
  remove(post.dataset.postId);
}

export function remove(id) {
  for (const gone of document.querySelectorAll(`article[data-post-id="${id}"], article[data-root-id="${id}"]`)) gone.remove();
  arrange($('posts'));
}

// A list that becomes narrower or lower still shows its end, if it did.
for (const list of [$('posts'), $('thread-posts')]) {
  let low = true;
  list.addEventListener('scroll', () => { low = atBottom(list); });
  new ResizeObserver(() => { if (low) list.scrollTop = list.scrollHeight; }).observe(list);
}

export const find = id => $('posts').querySelector(`[data-post-id="${id}"]`);
export const isMine = p => p.user_id === me.userId;
