/** The look of the console: system fonts, light and dark, wide and narrow; sandbox and live differ by colour. */

/** Plain CSS, sent as it stands. */
export const stylesheet = `
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #5b6470; --paper: #fff; --ground: #f4f5f7; --line: #d8dce1;
  --link: #0b5cad; --good: #0a7d3f; --bad: #b3261e; --wait: #8a5a00; --place: #0a7d3f; --place-ink: #fff; --field: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --quiet: #9aa4b0; --paper: #1c2025; --ground: #121417;
  --line: #363c44; --link: #7db8ff; --good: #56c98a; --bad: #ff8a80; --wait: #f0b94a; --field: #14171b; } }
body.sandbox { --place: #6b3fa0; }
body.live { --place: #0a6b38; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: anywhere;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; align-items: center; padding: .5rem 1.2rem; background: var(--place); color: var(--place-ink); }
header .quiet { color: inherit; opacity: .85; }
header .place strong { padding: .1rem .5rem; border: 2px solid currentColor; border-radius: 4px; letter-spacing: .06em; }
body.sandbox header { background-image: repeating-linear-gradient(135deg, transparent 0 14px, rgb(255 255 255 / .07) 14px 28px); }
header nav { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; flex: 1; }
header a { color: inherit; text-decoration: none; padding: .25rem 0; border-bottom: 2px solid transparent; white-space: nowrap; }
header a:hover, header a[aria-current] { border-color: currentColor; }
header a[aria-current] { font-weight: 600; }
.person { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 0; }
.person input { width: 7em; }
main { max-width: 84rem; margin: 0 auto; padding: 1rem 1.2rem 3rem; }
h1 { font-size: 1.35rem; margin: .4rem 0 .8rem; }
h2 { font-size: 1.02rem; margin: 1.2rem 0 .5rem; }
h3 { font-size: .92rem; margin: .8rem 0 .2rem; }
section > h2:first-child { margin-top: 0; }
a { color: var(--link); }
.quiet { color: var(--quiet); font-size: .88em; font-weight: normal; }
.good { color: var(--good); }
.pre { white-space: pre-line; }
.count { color: var(--quiet); font-weight: normal; }
.number { text-align: right; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--ground); padding: .1em .35em; border-radius: 3px; }
blockquote { margin: .3rem 0; padding: .6rem .9rem; border-left: 4px solid var(--bad); background: var(--paper); font-size: 1.05rem; }
section, .empty, .notice, table, form.filter { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; }
section { padding: 1rem; min-width: 0; }
.narrow { max-width: 40rem; margin: 1rem auto; }
.empty { padding: 2rem 1rem; text-align: center; }
.notice { padding: .5rem 1rem; margin: .6rem 0; border-left-width: 4px; }
.notice p { margin: .3rem 0; }
.notice.good { border-left-color: var(--good); }
.notice.bad { border-left-color: var(--bad); }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.35fr); gap: 1rem; margin: 1rem 0; align-items: start; }
.facts { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; align-items: center; margin: 0 0 .6rem; }
.chip { display: inline-block; padding: .05rem .55rem; border-radius: 999px; border: 1px solid currentColor; font-size: .85rem; white-space: nowrap; color: var(--quiet); }
.chip.needs_material, .chip.blocked, .chip.overdue { color: var(--bad); }
.chip.in_review, .chip.preparing, .chip.submitting { color: var(--wait); }
.chip.approved { color: var(--good); }
form.filter { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; padding: .6rem .8rem; margin-bottom: .8rem; }
.push { margin-left: auto; }
input, select, button, .button { font: inherit; color: var(--ink); background: var(--field); border: 1px solid var(--line); border-radius: 4px; padding: .25rem .55rem; max-width: 100%; }
input[type=checkbox] { width: auto; }
button, .button { background: var(--ground); cursor: pointer; text-decoration: none; display: inline-block; }
button:hover, .button:hover { border-color: var(--link); }
button.first { background: var(--good); border-color: var(--good); color: var(--paper); font-weight: 600; padding: .45rem 1.4rem; }
button.second { padding: .45rem 1rem; }
button.danger { color: var(--bad); border-color: var(--bad); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .5rem .7rem; border-bottom: 1px solid var(--line); }
tbody tr:last-child td { border-bottom: 0; }
th { font-size: .85rem; color: var(--quiet); font-weight: 600; white-space: nowrap; }
td:first-child { white-space: nowrap; }
td.reason { max-width: 34rem; }
table.queue td:nth-child(2) { min-width: 9rem; }
table.pushes td, table.import td { overflow-wrap: break-word; }
table.import td:nth-child(-n+2) { white-space: nowrap; }
section + table, section + p + table { margin-top: .8rem; }
.files + .files { margin-top: .6rem; }
.facts + section { margin-top: .4rem; }
section > p:first-child { margin-top: 0; }
table.pushes td:nth-child(-n+5), td button { white-space: nowrap; }
td form { margin: 0; }
tr.chosen td { background: var(--ground); }
.chip.stage-stopped { color: var(--bad); }
.chip.stage-checking, .chip.stage-starting, .chip.stage-checked { color: var(--wait); }
.chip.stage-done { color: var(--good); }
progress { width: 14rem; max-width: 100%; vertical-align: middle; }
table.import .findings { margin: 0; }
tr.refused td:first-child { border-left: 3px solid var(--bad); }
.neighbours { display: flex; gap: 1.2rem; margin: .2rem 0 0; font-size: .9rem; }
.neighbours a { text-decoration: none; }
.assignee { display: inline-flex; gap: .5rem; align-items: center; }
.assignee form { margin: 0; }
.assignee button { padding: .05rem .5rem; font-size: .88rem; }
.changes { margin: .2rem 0; padding-left: 1.1rem; }
.changes img { vertical-align: middle; object-fit: contain; background: #fff; border: 1px solid var(--line); border-radius: 3px; }
.actions form:has(input[name=auditId]) { display: flex; flex-wrap: wrap; gap: .4rem; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; }
.actions form { margin: 0; }
fieldset p label { display: grid; grid-template-columns: 9rem minmax(0, 22rem); align-items: center; gap: .2rem .6rem; }
fieldset p { margin: .4rem 0; }
fieldset { border: 1px solid var(--line); border-radius: 6px; margin: 0 0 1rem; padding: .6rem .9rem; min-width: 0; }
legend { font-weight: 600; padding: 0 .4rem; }
.images { display: flex; flex-wrap: wrap; gap: 1rem; }
.place { display: block; }
.images .place { width: 12.5rem; border: 1px dashed transparent; border-radius: 6px; padding: .3rem; }
.images .place.over { border-color: var(--link); background: var(--ground); }
.images .place label { display: block; font-size: .9rem; margin-top: .3rem; }
.images .place input[type=file] { width: 100%; padding: .2rem; font-size: .8rem; }
figure { margin: 0; width: 11.5rem; }
figure img, .place > img, .place canvas { width: 180px; height: 180px; object-fit: contain; background: #fff; border: 1px solid var(--line); border-radius: 4px; display: block; }
.place canvas, .place > img { border: 2px solid var(--good); margin-top: .3rem; }
.no-copy { width: 180px; height: 180px; display: grid; place-items: center; border: 1px dashed var(--line); border-radius: 4px; color: var(--quiet); }
figcaption { font-size: .88rem; margin-top: .2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .6rem 0 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
form.narrow { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 1rem; max-width: 52rem; }
label.line { display: block; margin: .3rem 0; }
.licence { border-left: 3px solid var(--line); padding-left: .8rem; margin: .6rem 0; }
.licence:has(> label input:not(:checked)) > :not(label) { display: none; }
.files { border: 1px dashed var(--line); border-radius: 6px; padding: .5rem; }
.files.over { border-color: var(--link); background: var(--ground); }
.files label { display: block; }
.findings { padding-left: 1.1rem; }
.findings .error { color: var(--bad); }
.findings .warning { color: var(--wait); }
.timeline, .attempts { padding-left: 1.4rem; margin: 0; }
.timeline li, .attempts li { margin-bottom: .5rem; }
.attempts p { margin: .1rem 0; }
.attempts blockquote { font-size: .95rem; border-left-width: 3px; background: var(--ground); }
.htmx-request button { opacity: .6; }
.pages { text-align: center; }
@media (hover: none) { .keys { display: none; } }
@media (max-width: 48rem) { .keys { display: none; } }
@media (max-width: 80rem) { header .place .quiet { display: none; } }
@media (max-width: 46rem) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  main { padding: .6rem .6rem 2rem; }
  table, tbody, tr, td { display: block; width: 100%; }
  thead { display: none; }
  tr { padding: .5rem .2rem; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  td { border: 0; padding: .12rem .6rem; }
  td.number { display: none; }
  .push { margin-left: 0; }
  header nav { flex-basis: 100%; order: 3; }
  fieldset p label { grid-template-columns: minmax(0, 1fr); }
}
`;
