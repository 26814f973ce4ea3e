"use strict";
/** "Where am I": asks the browser, and says plainly why it cannot answer. */
(function () {
  let ring = null;

  function refuse(text) {
    Home.trouble(text);
    Home.say(text);
  }

  function found(position) {
    const { longitude: lon, latitude: lat, accuracy } = position.coords, here = L.latLng(lat, lon);
    if (!ring) ring = L.circle(here, { pane: "gm-selected", interactive: false, weight: 1.5, color: "#0f5b6b", fillColor: "#0f5b6b", fillOpacity: .12 });
    ring.setLatLng(here).setRadius(accuracy).addTo(GridMap.map);
    Home.ask({ lon: Number(lon.toFixed(6)), lat: Number(lat.toFixed(6)) }, { far: true });
    if (accuracy > 60) Home.trouble(t("The position is only known to about {n} m. Check the building.", { n: Math.round(accuracy) }));
  }

  function failed(error) {
    if (error.code === 1) refuse(t("This browser was told not to give its position. Allow it in the browser's settings for this site, then try again."));
    else if (error.code === 3) refuse(t("The position took too long. Step into the open and try again."));
    else refuse(t("This device does not know where it is. Switch its location on, then try again."));
  }

  Home.locate = function locate(button) {
    if (!window.isSecureContext) {
      refuse(t("Browsers tell a position only to https addresses, and this page is plain http. Search for the building instead."));
      return;
    }
    if (!navigator.geolocation) {
      refuse(t("This browser cannot tell its position. Search for the building instead."));
      return;
    }
    button.classList.add("waits");
    const done = then => result => { button.classList.remove("waits"); then(result); };
    navigator.geolocation.getCurrentPosition(done(found), done(failed), { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 });
  };
}());
