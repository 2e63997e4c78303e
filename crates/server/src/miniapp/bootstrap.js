var hash = location.hash.slice(1), at = hash.indexOf("?"), kept = "quescha-initdata-" + webappid;
var launch = new URLSearchParams(at < 0 ? hash : hash.slice(at + 1));
var initdata = launch.get("tgWebAppData") || launch.get("WebAppData") || "";
try {
  if (initdata) sessionStorage.setItem(kept, initdata);
  else initdata = sessionStorage.getItem(kept) || "";
} catch (error) { /* storage may be forbidden; then a reload loses the launch data */ }
var clientid = null;
try {
  clientid = JSON.parse(new URLSearchParams(initdata).get("user") || "null");
  clientid = clientid ? clientid.id : null;
} catch (error) { /* not from a messenger */ }
window.quescha = { webappid: webappid, channelid: channelid, clientid: clientid, initdata: initdata };
