"use strict";
/** Which community is on show: chosen where somebody sees several, followed when an answer lies in another one. */
(function () {
  let select = null;

  const bounds = feature => L.geoJSON(feature).getBounds();
  const known = () => [...GridMap.layers.community.shapes.values()].map(shape => shape.feature);

  /** Put a community on show; `move` also brings it into view. */
  Home.setCommunity = function setCommunity(code, { move = false } = {}) {
    const feature = known().find(one => one.id === code);
    if (!feature) return;
    Home.community = feature;
    Home.$("sample").hidden = !feature.properties.sample;
    if (select) select.value = code;
    GridMap.store.set("community", code);
    if (move) Home.showWhole();
  };

  Home.showWhole = function showWhole() {
    if (Home.community) GridMap.fit(bounds(Home.community));
  };

  /** Fetch the communities and show one; answers false where there is none. */
  Home.beginCommunities = async function beginCommunities() {
    const layer = GridMap.layers.community;
    const parameters = GridMap.day ? { on: GridMap.day } : {};
    const collection = await GridMap.get(layer.source.url, parameters);
    layer.reach = L.latLngBounds([-90, -180], [90, 180]); // it needs no fetch of its own until the day changes
    layer.day = GridMap.day;
    layer.put(collection);
    const all = known();
    if (!all.length) return false;
    if (all.length > 1) {
      select = el("select", { id: "community", "aria-label": t("Community"), onchange: () => { Home.close(); Home.setCommunity(select.value, { move: true }); Home.showIdle(); } },
        ...all.map(feature => el("option", { value: feature.id }, feature.properties.name)));
      GridMap.toolbar.prepend(el("div", { class: "gm-box gm-community" }, select));
    }
    const stored = GridMap.store.get("community");
    Home.setCommunity((all.find(feature => feature.id === stored) || all[0]).id);
    GridMap.start(bounds(Home.community));
    return true;
  };
}());
