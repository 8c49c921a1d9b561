// What the page does without asking the server. The address is the state: every pick changes it, and nothing else.
"use strict";
(() => {
  const keep = () => window.dash_clientside?.no_update;
  const ALL = "$__all";
  const THEMES = ["auto", "light", "dark"];
  const WORDS = { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" };

  const asked = (pathname, search) => ({ pathname, search, zone: Intl.DateTimeFormat().resolvedOptions().timeZone });

  // Of several, `All` stands alone: whichever was picked last counts.
  const tidy = (value) => {
    if (!Array.isArray(value)) return value === null || value === undefined ? [""] : [String(value)];
    if (value.length === 0 || value[value.length - 1] === ALL) return [ALL];
    return value.filter((one) => one !== ALL).map(String);
  };

  const picked = (values, names, search, scope) => {
    const shown = values.map((value) => (Array.isArray(value) && tidy(value).length !== value.length ? tidy(value) : keep()));
    if (!scope) return [keep(), shown];
    const query = new URLSearchParams(search);
    let changed = false;
    names.forEach((name, at) => {
      const wanted = tidy(values[at]);
      const before = scope.values[name.var];
      if (!before || (before.length === wanted.length && before.every((one, i) => one === wanted[i]))) return;
      changed = true;
      query.delete(`var-${name.var}`);
      wanted.forEach((one) => query.append(`var-${name.var}`, one));
    });
    return [changed ? `?${query}` : keep(), shown];
  };

  const went = (values, pathname) => {
    const there = values && values[0] ? `/d/${values[0]}` : pathname;
    return there === pathname ? keep() : there + window.location.search;
  };

  const timed = (_clicks, _since, _until, since, until, search) => {
    const by = window.dash_clientside.callback_context.triggered[0];
    if (!by || !by.value) return keep();
    const query = new URLSearchParams(search);
    query.set("from", (since || "").trim());
    query.set("to", (until || "").trim());
    closed();
    return `?${query}`;
  };

  // Plain panels: as long as they are the same they stay; scrolled and focused parts stay so.
  // Their HTML is an attribute of the application's room beside them: it comes with what else the room is told, or not at all.
  const done = new WeakMap();
  const put = (room) => {
    const plain = room.previousElementSibling;
    const html = room.dataset.html;
    if (done.get(room) === html) return;
    done.set(room, html);
    const before = plain.firstElementChild;
    const [top, left] = before ? [before.scrollTop, before.scrollLeft] : [0, 0];
    const focused = [...plain.querySelectorAll("a, [tabindex]")].indexOf(document.activeElement);
    plain.innerHTML = html;
    if (plain.firstElementChild) plain.firstElementChild.scrollTo(left, top);
    if (focused >= 0) plain.querySelectorAll("a, [tabindex]")[focused]?.focus();
  };

  // Their links go to pages as Dash's own do: without loading anything anew.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".plain a[href^='/d/']");
    if (!link || link.target || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.closest("#first")) return;
    event.preventDefault();
    window.history.pushState({}, "", link.getAttribute("href"));
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate", { detail: link.getAttribute("href") }));
    window.scrollTo(0, 0);
  });

  // What was made for panels goes into their rooms: a chart that is there gets other figures, all else is put there anew.
  const filled = (made, rooms, classes, graphs) => {
    const key = (name) => name && `${name.of}/${name.panel ?? name.graph}`;
    const changes = new Map((made || []).map((one) => [key(one), one]));
    const there = new Set(graphs.map(key)); // Dash may name some that are gone: those names are empty
    const parts = rooms.map((name, at) => {
      const change = changes.get(key(name));
      if (!change) return [keep(), keep(), keep()];
      const was = classes[at].split(" ")[1];
      if ("html" in change) return [was === "plain-one" ? keep() : null, change.seen, change.html];
      if (was === "picture-one" && change.seen.includes(was) && there.has(key(name))) {
        const picture = change.component.props;
        window.dash_clientside.set_props(picture.id, { "aria-label": picture["aria-label"] });
        window.dash_clientside.set_props(picture.children.props.id, { figure: picture.children.props.figure });
        return [keep(), change.seen, keep()];
      }
      return [change.component, change.seen, was === "plain-one" ? "" : keep()];
    });
    return [0, 1, 2].map((part) => parts.map((one) => one[part]));
  };

  const said = (seconds) => (seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`);

  const lived = (clicks, scope) => {
    const live = (clicks || 0) % 2 === 0;
    if (scope && scope.title) document.title = `${scope.title} · instore`;
    return [!live, live ? `Live, every ${scope ? said(scope.every_s) : "minute"}` : "Paused", String(live)];
  };

  const themed = () => {
    const by = window.dash_clientside.callback_context.triggered[0];
    const root = document.documentElement;
    if (by && by.prop_id === "theme.n_clicks" && by.value) {
      root.dataset.theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
      localStorage.setItem("instore-theme", root.dataset.theme);
    }
    return WORDS[root.dataset.theme] || WORDS.auto;
  };

  const closed = (but) => {
    document.querySelectorAll("details[open]").forEach((one) => {
      if (!but || !one.contains(but)) one.open = false;
    });
  };

  document.addEventListener("click", (event) => {
    closed(event.target);
    if (event.target.closest("details .menu a")) closed();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  // Dash's pickers have no names, and take the focus by an input that screen readers are not told of: their button does it better.
  const name = () => {
    document.querySelectorAll(".labelled[data-label]").forEach((one) => {
      const button = one.querySelector("button.dash-dropdown");
      if (button) {
        button.setAttribute("aria-label", `${one.dataset.label}: ${button.textContent}`);
        button.removeAttribute("aria-labelledby"); // it names elements whose ids hold quotes, and wins over a label
        button.tabIndex = 0;
      }
      one.querySelectorAll(".dash-dropdown-focus-target").forEach((target) => (target.tabIndex = -1));
      one.querySelectorAll("input.dash-input-element").forEach((box) => box.setAttribute("aria-label", one.dataset.label));
    });
  };

  // A pick makes pickers anew: the focus stays on the one that had it, or it would fall to the top of the page.
  let focused = null;
  let label = "";
  document.addEventListener("focusin", (event) => {
    focused = event.target;
    label = focused.closest(".labelled[data-label]")?.dataset.label || "";
  });
  const refocus = () => {
    if (!label || focused.isConnected || document.activeElement !== document.body) return;
    const picker = [...document.querySelectorAll("#react-entry-point .labelled[data-label]")].find((one) => one.dataset.label === label);
    picker?.querySelector("button.dash-dropdown, input.dash-input-element")?.focus();
  };

  // The first page goes when the application has figures, or has something else to say.
  const began = () => {
    const first = document.getElementById("first");
    const here = document.getElementById("react-entry-point");
    if (first && here && here.querySelector(".panel, .message") && !here.querySelector("main .waiting")) first.remove();
  };
  setTimeout(() => document.getElementById("first")?.remove(), 10000);

  let due = false;
  const soon = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      document.querySelectorAll("#react-entry-point .room[data-html]").forEach(put);
      name();
      refocus();
      began();
    });
  };
  new MutationObserver(soon).observe(document.documentElement, {
    attributeFilter: ["data-html"],
    childList: true,
    characterData: true,
    subtree: true,
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, { instore: { asked, picked, went, timed, filled, lived, themed } });
})();
