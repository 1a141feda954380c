// Talking to the server: who reads, in which words, and the requests. Everything
// goes through /api/v4 like any client's; only the HTML comes from /page/….

export const $ = id => document.getElementById(id);
export const me = document.body.dataset;
export const words = JSON.parse(me.words);
// here is what is open: channel is {id, team, teamName, path, name}, thread the id
// of a root post.
export const here = { channel: null, thread: '' };

const tokenKey = 'token:' + me.username;
export const token = () => sessionStorage.getItem(tokenKey);

export async function signIn() {
  const answer = await fetch('/page/signin', { method: 'POST', body: new URLSearchParams({ user: me.username }) });
  if (!answer.ok) throw new Error('sign-in: ' + answer.status);
  sessionStorage.setItem(tokenKey, (await answer.json()).token);
}

export async function signOut() {
  await api('POST', '/users/logout').catch(() => {}); // a token the server forgot is as good as signed out
  sessionStorage.removeItem(tokenKey);
  location.assign('/');
}

async function request(method, path, body, again) {
  const answer = await fetch(path, {
    method,
    headers: { Authorization: 'Bearer ' + token(), 'Accept-Language': document.documentElement.lang },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401 && !again) {
    await signIn();
    return request(method, path, body, true);
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  let message = text;
  try { message = JSON.parse(text).message; } catch { /* a 429 is plain text */ }
  throw new Error(message);
}

export const page = (method, path, body) => request(method, '/page' + path, body);
export const api = async (method, path, body) => (await request(method, '/api/v4' + path, body)).json();

const narrow = matchMedia('(max-width: 900px)'); // as in chat.css: the thread covers the channel

// attempt shows what goes wrong the way a user of Mattermost reads it, above the
// form that is in use.
export async function attempt(work, inThread = here.thread && narrow.matches) {
  $('notice').hidden = true;
  try {
    await work();
    return true;
  } catch (error) {
    complain(error.message, inThread);
    return false;
  }
}

export function complain(text, inThread) {
  $(inThread ? 'thread-write' : 'write').before($('notice'));
  $('notice').textContent = text;
  $('notice').hidden = false;
}

let saying;
// say tells shortly that something was done.
export function say(text) {
  $('status').textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => { $('status').textContent = ''; }, 2500);
}

export const element = (tag, props, ...children) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
};
