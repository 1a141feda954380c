// What the portal does better with JavaScript; every page is complete without.
(() => {
  "use strict";

  // After a failed form, the keyboard and the reader start at the summary.
  const errors = document.getElementById("errors");
  if (errors) errors.focus();

  // A second click while the first is on its way sends nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 5000);
  });
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  // The counter of a text's characters, shown near its limit.
  for (const area of document.querySelectorAll("textarea[data-limit]")) {
    const limit = Number(area.dataset.limit);
    const text = document.getElementById(area.id + "-limit");
    if (!text) continue;
    const words = text.textContent;
    const lang = document.documentElement.lang;
    const count = () => {
      const length = [...area.value].length;
      const near = length > limit * 0.8;
      text.textContent = near ? `${length.toLocaleString(lang)} / ${limit.toLocaleString(lang)}` : words;
      text.classList.toggle("over", length > limit);
    };
    area.addEventListener("input", count);
    count();
  }

  // Documents go one after the other as soon as they are chosen, each with its
  // progress, and may be stopped. The answer is the page itself: its list of
  // documents and its refusals take the place of ours.
  for (const box of document.querySelectorAll("[data-upload]")) {
    const input = box.querySelector("input[type=file]"), form = input.form;
    const bar = box.querySelector("progress"), said = box.querySelector("[role=status]");
    const words = box.dataset, queue = [];
    let request = null, latest = null, pressed = null, refusals = [];
    box.querySelector("button[value=attach]").hidden = true;

    const say = (text, wrong) => {
      said.textContent = text;
      said.className = wrong ? "error" : "hint";
    };
    const show = (html, saved) => {
      const answer = new DOMParser().parseFromString(html, "text/html");
      const fresh = answer.getElementById("documents");
      if (!fresh) return false;
      document.getElementById("documents").replaceWith(document.importNode(fresh, true));
      const refused = answer.getElementById("document-error"), version = answer.querySelector("[name=version]");
      if (refused) refusals.push(refused.textContent);
      if (saved && version) form.elements.version.value = version.value;
      return true;
    };
    const end = (text) => {
      const by = pressed;
      bar.parentElement.hidden = true;
      request = pressed = null;
      say(refusals.join(" ") || text, refusals.length > 0);
      // Where the focus was is gone: it must not fall off the page.
      if (document.activeElement === document.body) input.focus();
      if (by && !refusals.length) form.requestSubmit(by);
      refusals = [];
    };
    const send = (data, name) => {
      const mine = request = latest = new XMLHttpRequest();
      mine.open("POST", form.action);
      mine.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
      mine.addEventListener("load", () => {
        const out = new URL(mine.responseURL).pathname === "/connexion"; // the session is over
        if (out) queue.length = 0;
        if (out) refusals.push(words.signin);
        else if (!show(mine.responseText, mine.status !== 409)) refusals.push(words.failed);
        if (queue.length) next();
        else end(name ? words.sent : "");
      });
      const fail = (text) => () => {
        queue.length = 0;
        pressed = null;
        // What is there by now, unless another has gone since: its answer is newer.
        fetch(form.action).then((page) => page.text()).then((html) => mine === latest && show(html), () => {});
        if (text === words.failed) refusals.push(text);
        end(text);
      };
      mine.addEventListener("error", fail(words.failed));
      mine.addEventListener("abort", fail(words.stopped));
      bar.value = 0;
      bar.parentElement.hidden = false;
      say(`${words.sending} ${name}`);
      mine.send(data);
    };
    const next = () => {
      const file = queue.shift(), data = new FormData(form);
      data.set("document", file);
      data.set("do", "attach");
      send(data, file.name);
    };

    box.querySelector("[data-stop]").addEventListener("click", () => request && request.abort());
    input.addEventListener("change", () => {
      for (const file of input.files) {
        if (file.size > Number(words.limit)) refusals.push(`${file.name} ${words.large}`);
        else queue.push(file);
      }
      input.value = "";
      if (request) return;
      if (queue.length) next();
      else end("");
    });
    // Leaving the page would cut documents that are on their way: the button
    // waits for them. Removing one keeps the text being typed, too.
    form.addEventListener("submit", (event) => {
      const by = event.submitter, detach = by && by.value.startsWith("detach:");
      if (!request && !detach) return;
      event.preventDefault();
      if (!detach) pressed = by;
      if (request) return;
      const data = new FormData(form);
      data.delete("document");
      data.set("do", by.value);
      send(data, "");
    });
  }

  // The people picker proposes names while one types: a combobox with a list, as
  // the ARIA Authoring Practices describe it. Enter without a choice searches.
  for (const form of document.querySelectorAll("[data-people]")) {
    const input = form.elements.q, choose = document.getElementById("choose");
    const list = document.createElement("ul"), said = document.createElement("p");
    Object.assign(list, { id: "proposed", className: "proposed", hidden: true, role: "listbox", ariaLabel: input.labels[0].textContent });
    Object.assign(said, { className: "hidden", role: "status" });
    input.after(list, said);
    Object.assign(input, { autocomplete: "off", role: "combobox", ariaAutoComplete: "list", ariaExpanded: "false" });
    input.setAttribute("aria-controls", list.id);
    let active = -1, timer, asked;

    const mark = (i) => {
      active = i;
      input.removeAttribute("aria-activedescendant");
      [...list.children].forEach((option, n) => {
        option.ariaSelected = String(n === i);
        if (n !== i) return;
        input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      });
    };
    const propose = (people) => {
      list.replaceChildren(...people.map((person, i) => {
        const option = document.createElement("li"), about = document.createElement("span");
        Object.assign(option, { id: "proposed-" + i, role: "option", textContent: person.name });
        option.dataset.person = person.id;
        about.textContent = person.about;
        option.append(about);
        return option;
      }));
      list.hidden = !people.length;
      input.ariaExpanded = String(!list.hidden);
      mark(-1);
    };
    const close = () => {
      clearTimeout(timer);
      if (asked) asked.abort();
      propose([]);
    };
    const look = async () => {
      if (asked) asked.abort();
      const mine = asked = new AbortController();
      try {
        const answer = await fetch(form.dataset.people + "?q=" + encodeURIComponent(input.value), { signal: mine.signal, redirect: "error" });
        const { found, people } = await answer.json();
        if (mine.signal.aborted) return;
        propose(people);
        said.textContent = found;
      } catch { if (!mine.signal.aborted) propose([]); }
    };
    const take = (option) => {
      const person = document.createElement("input");
      Object.assign(person, { type: "hidden", name: "person", value: option.dataset.person });
      choose.append(person);
      choose.requestSubmit();
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      if (input.value.trim()) timer = setTimeout(look, 250);
      else close();
    });
    input.addEventListener("keydown", (event) => {
      const last = list.children.length - 1;
      if (list.hidden) return;
      if (event.key === "ArrowDown") mark(active < last ? active + 1 : 0);
      else if (event.key === "ArrowUp") mark(active > 0 ? active - 1 : last);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
    form.addEventListener("submit", (event) => {
      if (active < 0) return;
      event.preventDefault();
      take(list.children[active]);
    });
    input.addEventListener("blur", close);
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[data-person]");
      if (option) take(option);
    });
  }

  // A list: one box for all of its boxes.
  const several = document.getElementById("several");
  if (several) {
    const boxes = [...several.querySelectorAll("[name=n]")], all = document.getElementById("all");
    const count = () => {
      const n = boxes.filter((box) => box.checked).length;
      all.checked = n === boxes.length;
      all.indeterminate = n > 0 && !all.checked;
    };
    all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
    several.addEventListener("change", count);
    addEventListener("pageshow", count);
  }
})();
