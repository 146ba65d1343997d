"""A small VMM with a balloon, over the protocol of docs/protocol.md.

    python3 examples/balloon-vmm [--bug NAME]
"""
import argparse
import json
import sys

from host import BUGS, Config, Host
from refusal import Refused


def done():
    return {"ok": True, "events": []}


def event(kind, **fields):
    return {"ok": True, "events": [{"type": kind, **fields}]}


def page_state(vm, page):
    if page in vm.frames:
        return {"kind": "mapped", "frame": vm.frames[page]}
    return {"kind": "ballooned" if page in vm.taken else "unbacked"}


def page_use(guest, page):
    if page in guest.balloon:
        return "ballooned"
    if page in guest.locked:
        return "deflating"
    return "used" if guest.is_mapped(page) else "free"


class Adapter:
    """Commands of the model become calls of the host; what it has is shown as the model has it."""

    def __init__(self, bug):
        self.bug = bug
        self.config = None
        self.ids = 0
        self.host = None

    def hello(self, request):
        sizes = request["scope"]["sizes"]
        names = {"frames": "frame", "swap": "slot", "huge_page": "hostPage"}
        fields = Config.__dataclass_fields__
        self.config = Config(**{field: sizes[names.get(field, field)] for field in fields})
        self.ids = sizes["vm"]
        commands = [f"memory.{name}" for name in OPERATIONS]
        return {"protocol": 1, "system": "balloon VMM", "commands": commands, "can": ["batch", "observe"]}

    def reset(self, _request):
        self.host = Host(self.config, self.bug)
        return {"ok": True}

    def step(self, request):
        return self.carry_out(request["command"])

    def batch(self, request):
        return {"replies": [self.carry_out(command) for command in request["commands"]]}

    def carry_out(self, command):
        operation = OPERATIONS.get(command["kind"].removeprefix("memory."))
        if operation is None:
            return {"unsupported": True}
        try:
            return operation(self.host, command["args"]) or done()
        except Refused as reason:
            return {"ok": False, "rejection": {"code": str(reason)}}

    def observe(self, _request):
        vms, guests = {}, {}
        for name in range(self.ids):
            vm = self.host.vms.get(name)
            vms[name] = {"state": "absent"} if vm is None else self.show_vm(vm)
            if vm is not None:
                guests[name] = self.show_guest(vm.guest)
        memory = {"freeFrames": self.host.free_frames, "vms": vms}
        return {"state": {"hosts": [{"memory": memory, "guests": guests}]}}

    @staticmethod
    def show_vm(vm):
        pages = range(vm.size)
        balloon = {
            "target": vm.target,
            "actual": vm.actual,
            "driver": vm.guest.driver.state,
            "inhibited": vm.inhibited,
            "told": {page: page in vm.told for page in pages},
        }
        return {
            "state": "running",
            "size": vm.size,
            "stalled": vm.waits_for,
            "consumed": len(vm.frames),
            "balloon": balloon,
            "pages": {page: {"at": page_state(vm, page)} for page in pages},
        }

    @staticmethod
    def show_guest(guest):
        use = {page: page_use(guest, page) for page in range(guest.size)}
        held = {"balloonPages": len(guest.balloon), "managed": guest.managed}
        return {**held, "use": use}


def create(host, a):
    overhead = host.create(a["vm"], a["size"], a["reservation"], a["mode"], a["huge"])
    return {**done(), "choices": {"overhead": overhead}}


def populate(host, a):
    frame, popped = host.populate(a["vm"], a["page"])
    told = event("balloon-popped", vm=a["vm"], page=a["page"]) if popped else done()
    return {**told, "choices": {"frame": frame}}


def access(host, a):
    what, where, waits = host.access(a["vm"], a["virtual"], a.get("content"))
    if what == "guest-fault":
        return event(what, vm=a["vm"], virtual=where)
    if what == "read":
        return event(what, vm=a["vm"], content=where)
    return event(what, vm=a["vm"], page=where, **({"wait": waits} if waits else {}))


def out_of_memory(host, a):
    if host.out_of_memory(a["vm"], a["pages"]):
        return event("balloon-gave", vm=a["vm"], pages=len(a["pages"]))
    return event("guest-oom-kill", vm=a["vm"])


OPERATIONS = {
    "create-vm": create,
    "destroy-vm": lambda host, a: host.destroy(a["vm"]),
    "reset-vm": lambda host, a: host.reset(a["vm"]),
    "map": lambda host, a: host.running(a["vm"]).guest.map(a["virtual"], a["page"], a["writable"]),
    "unmap": lambda host, a: host.running(a["vm"]).guest.unmap(a["virtual"]),
    "read": access,
    "write": access,
    "populate": populate,
    "scrub": lambda host, a: {**done(), "choices": {"frame": host.scrub()}},
    "set-balloon-target": lambda host, a: host.set_target(a["vm"], a["target"]),
    "request-balloon": lambda host, a: host.request(a["vm"], a["value"]),
    "set-inhibit": lambda host, a: host.inhibit(a["vm"], a["inhibited"]),
    "load-driver": lambda host, a: host.load_driver(
        a["vm"], a["mustTell"], a["deflateOnOom"], a["poison"], a["poisonValue"]
    ),
    "unload-driver": lambda host, a: host.retire_driver(a["vm"], "absent"),
    "freeze-driver": lambda host, a: host.retire_driver(a["vm"], "frozen"),
    "restore-driver": lambda host, a: host.restore_driver(a["vm"]),
    "inflate-balloon": lambda host, a: host.inflate(a["vm"], a["pages"]),
    "acknowledge-inflate": lambda host, a: host.acknowledge_inflate(a["vm"]),
    "deflate-balloon": lambda host, a: host.deflate(a["vm"], a["pages"]),
    "acknowledge-deflate": lambda host, a: host.acknowledge_deflate(a["vm"]),
    "out-of-memory": out_of_memory,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bug", choices=BUGS, help="a bug to switch on")
    adapter = Adapter(parser.parse_args().bug)
    answers = {op: getattr(adapter, op) for op in ("hello", "reset", "step", "batch", "observe")}
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"id": request["id"], **answers[request["op"]](request)}), flush=True)


main()
