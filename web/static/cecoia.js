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

  // Documents go as soon as they are chosen, with a progress bar. The answer is
  // the page itself: its list of documents and its refusals take the place of ours.
  for (const box of document.querySelectorAll("[data-upload]")) {
    const input = box.querySelector("input[type=file]");
    const button = box.querySelector("button[value=attach]");
    const form = input && input.form;
    if (!form || !window.FormData || !window.DOMParser) continue;
    button.hidden = true;

    const progress = document.createElement("progress");
    progress.max = 1;
    const status = document.createElement("p");
    status.className = "hint";
    status.setAttribute("role", "status");
    progress.hidden = true;
    input.after(progress, status);
    progress.setAttribute("aria-label", box.dataset.sending);

    const say = (words, wrong) => {
      status.textContent = words;
      status.className = wrong ? "error" : "hint";
    };

    const refresh = (html) => {
      const answer = new DOMParser().parseFromString(html, "text/html");
      const fresh = answer.getElementById("documents");
      if (!fresh) return false;
      document.getElementById("documents").replaceWith(document.importNode(fresh, true));
      const refused = answer.getElementById("document-error");
      say(refused ? refused.textContent : "", Boolean(refused));
      return true;
    };

    let next = null; // the button pressed while documents were on their way
    const send = (data) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) progress.value = event.loaded / event.total;
      });
      request.addEventListener("loadend", () => {
        progress.hidden = true;
        input.disabled = false;
        input.value = "";
        const shown = request.status && refresh(request.responseText);
        if (!shown) say(box.dataset.failed, true);
        // Where the focus was is disabled or gone: it must not fall off the page.
        if (document.activeElement === document.body) input.focus();
        const pressed = next;
        next = null;
        if (pressed && shown && request.status === 200) form.requestSubmit(pressed);
      });
      progress.value = 0;
      progress.hidden = false;
      say(box.dataset.sending, false);
      request.send(data);
      input.disabled = true;
    };

    input.addEventListener("change", () => {
      if (!input.files.length) return;
      const data = new FormData(form);
      data.set("do", "attach");
      send(data);
    });

    // Leaving the page would cut documents that are on their way: the button
    // waits for them. Removing one keeps the text being typed, too.
    form.addEventListener("submit", (event) => {
      const by = event.submitter;
      if (!progress.hidden) {
        event.preventDefault();
        if (by && !by.value.startsWith("detach:")) next = by;
        return;
      }
      if (!by || !by.value.startsWith("detach:")) return;
      event.preventDefault();
      const data = new FormData(form);
      data.delete("document");
      data.set("do", by.value);
      send(data);
    });
  }
})();
