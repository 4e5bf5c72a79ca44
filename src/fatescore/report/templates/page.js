// Start the charts and the tables; both libraries are above. Charts are drawn again when light and dark change.
(() => {
  const themes = JSON.parse(document.getElementById("chart-themes").textContent);
  const texts = JSON.parse(document.getElementById("library-texts").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const specs = [...document.querySelectorAll("script[data-chart]")];
  const views = new Map();

  function draw(print) {
    const config = print || !dark.matches ? themes.light : themes.dark;
    for (const holder of specs) {
      const name = holder.dataset.chart;
      const spec = JSON.parse(holder.textContent);
      window
        .vegaEmbed(document.getElementById(name), spec, {
          config,
          renderer: "svg",
          downloadFileName: name,
          i18n: texts.chart,
          actions: { export: true, source: false, compiled: false, editor: false },
        })
        .then((result) => {
          if (views.has(name)) views.get(name).finalize();
          views.set(name, result);
          // For a screen reader: the menu's button is an image without words, and a layer without marks is no picture.
          const chart = document.getElementById(name);
          chart.querySelector("summary").setAttribute("aria-label", texts.chart.CLICK_TO_VIEW_ACTIONS);
          chart.querySelectorAll("[role=graphics-symbol]:empty").forEach((one) => one.setAttribute("aria-hidden", true));
        });
    }
  }
  draw(false);
  dark.addEventListener("change", () => draw(false));

  // Numbers are saved as they are and not as they are shown; text that a spreadsheet would take for a formula gets an
  // apostrophe, as in the tables of the run.
  const formula = /^'*(?![+-](?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)?$)[=+\-@\t\r＝＋－＠]/i;
  function exported(html, row, column, cell) {
    if (cell.dataset.order !== undefined) return cell.dataset.order;
    const text = cell.textContent.trim();
    return text === "–" ? "" : formula.test(text) ? "'" + text : text;
  }

  async function tables() {
    const { ITable, jQuery, set_or_remove_dark_class } = await window[window.fatescoreTables];
    set_or_remove_dark_class();
    for (const table of document.querySelectorAll("table[data-interactive]")) {
      const search = table.dataset.interactive === "search";
      const rows = table.tBodies[0].rows.length;
      new ITable(table, {
        classes: ["display", "compact"],
        language: texts.table,
        order: [],
        autoWidth: false,
        paging: rows > 25,
        pageLength: 25,
        layout: {
          topStart: search
            ? { buttons: [{ extend: "csv", text: texts.csv, filename: table.id, exportOptions: { format: { body: exported } } }] }
            : null,
          topEnd: search ? "search" : null,
          bottomStart: search ? "info" : null,
          bottomEnd: rows > 25 ? "paging" : null,
        },
      });
      const shown = jQuery(table).DataTable();
      window.addEventListener("beforeprint", () => shown.page.len(-1).draw());
      window.addEventListener("afterprint", () => shown.page.len(25).draw());
    }
    for (const box of document.querySelectorAll(".table")) watch(box);
  }
  tables();

  // A table that goes on to the right fades out there until it has been scrolled to its end; DataTables scrolls it in a
  // box of its own, which then has to be the one that the keyboard reaches.
  function watch(box) {
    const table = box.querySelector("table");
    const inner = table.closest(".dt-layout-cell") ?? box;
    for (const name of inner === box ? [] : ["role", "tabindex", "aria-label"]) {
      inner.setAttribute(name, box.getAttribute(name));
      box.removeAttribute(name);
    }
    const fade = () => inner.classList.toggle("more", inner.scrollWidth - inner.clientWidth - inner.scrollLeft > 2);
    inner.addEventListener("scroll", fade);
    const sizes = new ResizeObserver(fade);
    [inner, table].forEach((one) => sizes.observe(one));
  }

  // On paper everything is open and light.
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not(.vega-embed *, .folded)").forEach((d) => (d.open = true));
    if (dark.matches) draw(true);
  });
  window.addEventListener("afterprint", () => dark.matches && draw(false));
})();
