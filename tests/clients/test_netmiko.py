"""netmiko, which takes the server for a Junos device: what programs wait for is said in Junos's words."""

import subprocess
import sys

from support.server import free_port, running_server

PROGRAM = """
from netmiko import ConnectHandler
device = ConnectHandler(
    device_type="juniper_junos_telnet", host="127.0.0.1", port=int(sys.argv[1]), username="ann", password="wonder",
    global_cmd_verify=False, read_timeout_override=60,
)
said = [device.find_prompt(), device.send_command("show configuration | display set | match pool")]
device.send_config_set(["set db pool 33", "set cache size 5"], exit_config_mode=False)
said.append(device.commit(comment="by netmiko", and_quit=True))
said.append(device.send_command("show configuration | compare rollback 1"))
device.config_mode()
device.send_command("rollback 1", expect_string="#")
said += [device.commit(check=True), device.commit(confirm=True, confirm_delay=5), device.commit(), device.commit()]
device.exit_config_mode()
device.disconnect()
show(said)
"""


def test_netmiko_commits_confirms_and_rolls_back(pypi, tmp_path):
    subprocess.run([sys.executable, "-m", "gitconfig_server", "init", tmp_path / "c.git"], check=True)
    (tmp_path / "users").write_text("ann:wonder\n")
    port = free_port()
    names = {"users": str(tmp_path / "users"), "application": "orders", "profile": "prod"}
    settings = {f"GITCONFIG_TELNET__{name.upper()}": value for name, value in names.items()}
    with running_server(tmp_path / "c.git", "--telnet", f"127.0.0.1:{port}", settings=settings):
        prompt, shown, committed, compared, check, window, confirmed, again = pypi("netmiko").shown(PROGRAM, str(port))
    assert prompt == "ann@orders/prod>"
    assert shown.strip() == "set db pool 20"
    assert "commit complete" in committed
    assert "Exiting configuration mode" in committed
    assert compared.split("\n")[:2] == ["~ db.pool: 20 -> 33", "+ cache.size: 5"]
    assert "configuration check succeeds" in check
    assert "will be automatically rolled back in 5 minutes" in window
    assert "confirmed" in confirmed
    assert "nothing to commit" in again
