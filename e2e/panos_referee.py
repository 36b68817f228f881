"""The vendor's Python clients against a PAN-OS simulator.

Promise: each step does with pan-os-python or pan-python what its name says and prints one JSON line {"step", "result"}; nothing is caught
but what a step is about. Arguments: ports of a firewall, of a Panorama and of a firewall of PAN-OS 10.1.
"""

import json
import ssl
import sys

import pan.xapi
from panos.errors import PanDeviceError
from panos.firewall import Firewall
from panos.network import Zone
from panos.objects import AddressGroup, AddressObject, ServiceObject, Tag
from panos.panorama import DeviceGroup, Panorama, PanoramaCommitAll, TemplateStack
from panos.policies import NatRule, PreRulebase, Rulebase, SecurityRule
from panos.predefined import Predefined

PASSWORD = "simulator"


def say(step, result):
    print(json.dumps({"step": step, "result": result}), flush=True)


def failure(work):
    try:
        work()
    except PanDeviceError as error:
        return [type(error).__name__, str(error).strip()]
    return ["nothing", ""]


def firewall_steps(port):
    firewall = Firewall("127.0.0.1", "admin", PASSWORD, port=port)
    say("keygen", bool(firewall.api_key))
    firewall.refresh_system_info()
    say("system info", [firewall.serial, firewall.version, firewall.platform, firewall.multi_vsys])
    say("wrong password", failure(lambda: Firewall("127.0.0.1", "admin", "wrong", port=port).refresh_system_info())[0])
    addresses = AddressObject.refreshall(firewall, add=False)
    say("refreshall", [len(addresses), sorted({a.type for a in addresses})])
    say("refreshall running", len(AddressObject.refreshall(firewall, running_config=True, add=False)))
    names = AddressObject.refreshall(firewall, name_only=True, add=False)
    say("refreshall name_only", [len(names), sorted(a.uid for a in names) == sorted(a.uid for a in addresses)])
    say("zones", sorted(z.name for z in Zone.refreshall(firewall, add=False)))
    base = firewall.add(Rulebase())
    rules = SecurityRule.refreshall(base)
    say("rules", [len(rules), rules[-1].name, rules[-1].action])
    say("nat rules", [[r.name, r.service] for r in NatRule.refreshall(base, add=False)])

    tag = firewall.add(Tag("referee", color="color5"))
    tag.create()
    address = firewall.add(AddressObject("referee-host", "192.0.2.44", description="made by a client", tag=["referee"]))
    address.create()
    group = firewall.add(AddressGroup("referee-group", ["referee-host"]))
    group.create()
    service = firewall.add(ServiceObject("referee-tcp", "tcp", destination_port="9443"))
    service.create()
    rule = base.add(SecurityRule("referee-rule", fromzone=["users"], tozone=["untrust"], source=["referee-group"], service=["referee-tcp"], action="allow"))
    rule.create()
    rule.move("top")
    say("first rule", SecurityRule.refreshall(base, add=False)[0].name)
    say("pending", firewall.pending_changes())
    say("not running yet", len(AddressObject.refreshall(firewall, running_config=True, add=False)))
    say("in use", failure(address.delete)[1].split("\n")[0])
    say("wrong value", failure(lambda: firewall.add(AddressObject("bad", "nonsense")).create())[0])
    firewall.remove_by_name("bad", AddressObject)

    firewall.commit()
    say("commit in progress", failure(lambda: firewall.commit())[0])


def settle(port):
    firewall = Firewall("127.0.0.1", "admin", PASSWORD, port=port)
    job = firewall.syncjob("2")
    say("job", [job["success"], job["jobid"], job["result"]])
    say("running now", len(AddressObject.refreshall(firewall, running_config=True, add=False)))
    say("no changes", firewall.commit(sync=True))
    base = firewall.add(Rulebase())
    rule = base.add(SecurityRule("referee-rule"))
    rule.refresh()
    say("rule", [rule.fromzone, rule.source, rule.service, rule.action])
    rule.description = "changed"
    rule.apply()
    rule.delete()
    for gone in (AddressGroup("referee-group"), AddressObject("referee-host"), ServiceObject("referee-tcp"), Tag("referee")):
        firewall.add(gone).delete()
    say("refresh of what is gone", failure(lambda: firewall.add(AddressObject("referee-host")).refresh())[0])
    result = firewall.commit(sync=True, exception=True)
    say("commit with polling", [result["success"], result["result"]])
    say("left", len(AddressObject.refreshall(firewall, running_config=True, add=False)))
    say("predefined", [Predefined(firewall).application("ssl").name])
    match = firewall.test_security_policy_match("10.20.0.10", "198.51.100.7", 6, from_zone="users", to_zone="untrust", port=443)
    say("policy match", len(match))


def object_steps(port):
    firewall = Firewall("127.0.0.1", "admin", PASSWORD, port=port)
    hosts = [firewall.add(AddressObject("bulk-%d" % n, "192.0.2.%d" % n)) for n in range(3)]
    hosts[0].create_similar()
    group = firewall.add(AddressGroup("bulk-group", ["bulk-2"]))
    group.create()
    made = lambda: [a.name for a in AddressObject.refreshall(firewall, add=False) if a.name.startswith("bulk")]
    say("bulk delete in use", [failure(hosts[0].delete_similar)[1].split("\n")[0], len(made())])
    group.delete()
    hosts[0].delete_similar()
    say("bulk delete", made())
    pool = firewall.add(AddressObject("pool", "198.51.100.9"))
    pool.create()
    # Asks for the fields of the object in one union of paths.
    again = firewall.add(AddressObject("pool"))
    again.refresh(refresh_children=False)
    say("refresh of fields", [again.value, again.type])
    base = firewall.add(Rulebase())
    style = {"source_translation_type": "dynamic-ip-and-port", "source_translation_address_type": "translated-address"}
    nat = base.add(NatRule("pool-nat", source=["any"], destination=["any"], fromzone=["users"], tozone=["untrust"], service="any", **style))
    nat.source_translation_translated_addresses = ["pool"]
    nat.create()
    say("translation in use", failure(pool.delete)[1].split("\n")[0])
    pool.rename("other-pool")
    nat.refresh()
    say("translation renamed", nat.source_translation_translated_addresses)
    nat.delete()
    pool.delete()


def device_steps(port, older_port):
    firewall = Firewall("127.0.0.1", "admin", PASSWORD, port=port)
    for name, updater in (("software", firewall.software), ("content", firewall.content)):
        updater.check()
        known = sorted(updater.versions)
        updater.info()
        say(name, [known == sorted(updater.versions), [v for v in known if updater.versions[v]["current"]]])
    say("versions", [firewall.version, firewall.content_version])
    say("password hash", firewall.request_password_hash("secret")[:3])
    say("high availability", [firewall.show_highavailability_state(), firewall.config_synced()])
    say("configuration diff", failure(lambda: firewall.op("show config diff")))
    older = Firewall("127.0.0.1", "admin", PASSWORD, port=older_port)
    older.refresh_system_info()
    resources = older.show_system_resources()
    say("resources", [resources["mem_total"], resources["mem_total"] > resources["mem_used"] > 0])


def user_steps(port):
    firewall = Firewall("127.0.0.1", "admin", PASSWORD, port=port)
    users = firewall.userid
    users.batch_start()
    for n in range(620):
        users.register("10.9.%d.%d" % (n // 250, n % 250), ["infected"])
    users.batch_end()
    users.register("192.0.2.1", ["infected", "laptop"])
    # Once more, and one that is not there: not errors for this client.
    users.register("192.0.2.1", "infected")
    users.unregister("192.0.2.2", "infected")
    say("registered", [len(users.get_registered_ip()), sorted(users.get_registered_ip(ip="192.0.2.1")["192.0.2.1"])])
    users.audit_registered_ip({"192.0.2.1": ("laptop",), "192.0.2.3": ("new",)})
    say("audited", {k: sorted(v) for k, v in sorted(users.get_registered_ip().items())})
    users.clear_registered_ip()
    say("cleared", users.get_registered_ip())
    users.logins([("corp\\alice", "192.0.2.1"), ("corp\\bob", "192.0.2.2")])
    users.logout("corp\\bob", "192.0.2.2")
    say("unknown logout", failure(lambda: users.logout("corp\\carol", "192.0.2.9")))
    users.set_group("contractors", ["corp\\alice", "corp\\dave"])
    say("groups", [users.get_groups(), users.get_group_members("contractors")])
    users.tag_user("corp\\alice", ["risky"])
    say("user tags", users.get_user_tags())
    base = firewall.add(Rulebase())
    SecurityRule.refreshall(base)
    counts = base.opstate.hit_count.refresh("security", all_rules=True)
    say("hit counts", [len(counts), sum(c.hit_count for c in counts.values()) > 100])
    some = sorted(counts, key=lambda name: -counts[name].hit_count)[:2]
    say("hit counts of some", sorted(base.opstate.hit_count.refresh("security", rules=some)) == sorted(some))
    say("lock", [firewall.add_config_lock(), failure(firewall.add_config_lock)[0]])
    second = Firewall("127.0.0.1", "second", PASSWORD, port=port)
    say("lock of another", [failure(second.add_config_lock)[0], failure(lambda: second.add(Tag("mine")).create())[0]])
    say("unlock", [firewall.remove_config_lock(), failure(firewall.remove_config_lock)[0], failure(firewall.remove_commit_lock)[0]])


def library_steps(port):
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    xapi = pan.xapi.PanXapi(hostname="127.0.0.1", port=port, api_username="admin", api_password=PASSWORD, ssl_context=trusting)
    say("library keygen", bool(xapi.keygen()))
    xapi.op("show system info", cmd_xml=True)
    say("op", xapi.element_root.find("./result/system/hostname").text)
    places = {"arp all": "entries/entry/mac", "counter global": "global/counters/entry/value", "admins": "admins/entry/admin", "ntp": "synched"}
    for command, place in places.items():
        xapi.op("show " + command, cmd_xml=True)
        say("show " + command, xapi.element_root.find("./result/" + place) is not None)
    xapi.show("/config/devices/entry[@name='localhost.localdomain']/deviceconfig/system/hostname")
    say("show", xapi.element_root.find("./result/hostname").text)
    try:
        xapi.show("/config/nowhere")
    except pan.xapi.PanXapiError as error:
        say("show absent", str(error))
    xapi.get("/config/nowhere")
    say("get absent", [xapi.status, xapi.status_code])
    xapi.log(log_type="traffic", nlogs=7, filter="(action neq allow)", interval=0.1)
    entries = xapi.element_root.findall("./result/log/logs/entry")
    say("log", [len(entries), any(e.find("action").text == "allow" for e in entries)])
    xapi.report(reporttype="dynamic", reportname="top-app-summary", interval=0.1)
    say("report", len(xapi.element_root.findall("./result/report/entry")) > 0)
    xapi.report(reporttype="predefined", reportname="top-denied-sources", interval=0.1, extra_qs={"topn": "3"})
    say("predefined report", len(xapi.element_root.findall("./result/report/entry")))
    xapi.export(category="configuration")
    say("export", [xapi.export_result["file"], b"<hostname>fw-sim-1</hostname>" in xapi.export_result["content"]])
    xapi.user_id(cmd="<uid-message><type>update</type><payload><login><entry name='x' ip='192.0.2.5'/></login></payload></uid-message>")
    say("user-id", xapi.status)
    xapi.op("<show><user><ip-user-mapping><ip>192.0.2.5</ip></ip-user-mapping></user></show>")
    say("user mapping", xapi.element_root.find("./result/entry/user").text)
    vsys = "/config/devices/entry[@name='localhost.localdomain']/vsys/entry[@name='vsys1']"
    xapi.set(vsys + "/address/entry[@name='lib']", "<fqdn>lib.example.net</fqdn>")
    xapi.rename(vsys + "/address/entry[@name='lib']", "lib2")
    xapi.clone(vsys + "/address", vsys + "/address/entry[@name='lib2']", "lib3")
    xapi.edit(vsys + "/address/entry[@name='lib3']", "<entry name='lib3'><fqdn>three.example.net</fqdn></entry>")
    xapi.get(vsys + "/address/entry[starts-with(@name, 'lib')]")
    say("edited", [[e.get("name"), e.find("fqdn").text, e.get("admin")] for e in xapi.element_root.findall("./result/entry")])
    both = "".join("<delete id='%d' xpath=\"%s/address/entry[@name='lib%d']\"/>" % (n, vsys, n) for n in (2, 3))
    element = "<multi-configure-request>%s</multi-configure-request>" % both
    xapi.set(vsys, element, extra_qs={"action": "multi-config"})
    say("multi-config", xapi.status)
    xapi.delete(vsys + "/address/entry[@name='lib3']")
    say("delete absent", [xapi.status, xapi.status_code])
    xapi.commit(cmd="<commit><force></force></commit>", sync=True, interval=0.1)
    say("library commit", xapi.element_root.find("./result/job/result").text)
    denied = pan.xapi.PanXapi(hostname="127.0.0.1", port=port, api_username="reader", api_password=PASSWORD, ssl_context=trusting)
    denied.keygen()
    try:
        denied.set(vsys + "/address/entry[@name='x']", "<fqdn>x.example.net</fqdn>")
    except pan.xapi.PanXapiError as error:
        say("denied", str(error))


def panorama_steps(port):
    panorama = Panorama("127.0.0.1", "admin", PASSWORD, port=port)
    panorama.refresh_system_info()
    say("panorama", [panorama.platform, panorama.serial])
    groups = DeviceGroup.refreshall(panorama)
    say("device groups", sorted(g.name for g in groups))
    say("hierarchy", {k: v for k, v in sorted(panorama.opstate.dg_hierarchy.fetch().items())})
    group = panorama.find("site-001", DeviceGroup)
    group.add(AddressObject("pushed", "192.0.2.99")).create()
    result = panorama.commit(sync=True, exception=True)
    say("panorama commit", result["result"])
    result = panorama.commit_all(sync=True, sync_all=True, exception=True, devicegroup="site-001")
    say("push", result["result"])
    stacks = TemplateStack.refreshall(panorama)
    say("template stacks", [[s.name, s.templates, len(s.devices or [])] for s in stacks])
    for style, name in (("template stack", "stack-1"), ("template", "template-1"), ("device group", "all-sites")):
        extra = {"include_template": True} if style == "device group" else {}
        result = panorama.commit(sync=True, exception=True, cmd=PanoramaCommitAll(style, name, **extra))
        say("push of " + style, result["result"])
    shared = panorama.add(PreRulebase())
    SecurityRule.refreshall(shared)
    say("shared hit counts", len(shared.opstate.hit_count.refresh("security", all_rules=True)))
    own = panorama.find("all-sites", DeviceGroup).add(PreRulebase())
    rules = SecurityRule.refreshall(own)
    say("own hit counts", len(own.opstate.hit_count.refresh("security")) == len(rules))
    top = panorama.find("all-sites", DeviceGroup).add(AddressObject("kept", "192.0.2.98"))
    top.create()
    group.add(AddressGroup("keeper", ["kept"])).create()
    say("in use below", failure(top.delete)[1].split("\n")[0])
    made = panorama.add(DeviceGroup("made"))
    made.create()
    place = made.opstate.dg_hierarchy
    place.parent = "site-001"
    say("move", place.update()["result"])
    place.refresh()
    say("moved", [place.parent, panorama.opstate.dg_hierarchy.fetch()["made"]])


if __name__ == "__main__":
    firewall_port, panorama_port, older_port = (int(port) for port in sys.argv[1:])
    firewall_steps(firewall_port)
    settle(firewall_port)
    object_steps(firewall_port)
    device_steps(firewall_port, older_port)
    user_steps(firewall_port)
    library_steps(firewall_port)
    panorama_steps(panorama_port)
