/* The theme fetches Mermaid from a host of others unless there is one. This one comes from the site itself, and only
   where a page has a diagram. Diagrams keep their size, and scroll: shrunk to a column, wide ones cannot be read. */
(() => {
  if (!document.querySelector(".mermaid")) return;
  const script = document.createElement("script");
  script.src = new URL("mermaid.min.js", document.currentScript.src).href;
  const loaded = new Promise((resolve, reject) => {
    script.onload = () => resolve(window.mermaid);
    script.onerror = reject;
  });
  document.head.append(script);
  window.mermaid = {
    initialize: async (settings) => (await loaded).initialize({ ...settings, flowchart: { useMaxWidth: false } }),
    render: async (...given) => (await loaded).render(...given),
  };
})();
