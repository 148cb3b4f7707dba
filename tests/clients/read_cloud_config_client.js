// Runs where npm's cloud-config-client is installed: prints what it reads as JSON.
// Arguments: URL application profiles label
const [endpoint, name, profiles, label] = process.argv.slice(2);
require("cloud-config-client")
  .load({ endpoint, name, profiles: profiles.split(","), label })
  .then((config) => console.log(JSON.stringify(config.toObject())));
