"""The smallest system that speaks the protocol: VMs with reservations and shares, nothing else."""
import copy
import json
import sys

sizes, vms, kept = {}, {}, {}


def step(kind, a):
    """What came of a command: nothing, or the code of the first reason to refuse it."""
    if kind == "memory.create-vm":
        promised = sum(vm["reservation"] + sizes["overhead"] for vm in vms.values())
        swap = sum(vm["size"] - vm["reservation"] for vm in vms.values())
        reserved = sizes["hypervisor"] + sizes["emergency"] + promised
        if a["vm"] in vms:
            return "vm-exists"
        if a["reservation"] > a["size"]:
            return "reservation-above-size"
        if reserved + a["reservation"] + sizes["overhead"] > sizes["frame"]:
            return "admission-memory"
        if swap + a["size"] - a["reservation"] > sizes["slot"]:
            return "admission-swap"
        vms[a["vm"]] = {"size": a["size"], "reservation": a["reservation"], "shares": 1}
        return None
    if a["vm"] not in vms:
        return "no-such-vm"
    if kind == "memory.destroy-vm":
        del vms[a["vm"]]
    elif vms[a["vm"]]["shares"] == a["shares"]:
        return "no-change"
    else:
        vms[a["vm"]]["shares"] = a["shares"]
    return None


def answer(request):
    op = request["op"]
    if op == "hello":
        sizes.update(request["scope"]["sizes"])
        commands = ["memory.create-vm", "memory.destroy-vm", "memory.set-shares"]
        # It has no numbers for frames: states that differ only in them are one to it.
        return {"protocol": 1, "system": "reference", "commands": commands,
                "can": ["batch", "observe", "snapshot"], "anonymous": ["frame"]}
    if op == "reset":
        vms.clear()
        return {"ok": True}
    if op == "snapshot":
        kept[request["snapshot"]] = copy.deepcopy(vms)
        return {"ok": True}
    if op == "restore":
        if request["snapshot"] not in kept:
            return {"ok": False}
        vms.clear()
        vms.update(copy.deepcopy(kept[request["snapshot"]]))
        return {"ok": True}
    if op == "step":
        code = step(request["command"]["kind"], request["command"]["args"])
        return {"ok": True} if code is None else {"ok": False, "rejection": {"code": code}}
    if op == "batch":
        return {"replies": [answer({"op": "step", "command": c}) for c in request["commands"]]}
    return {"state": {"hosts": [{"memory": {"vms": {i: {"state": "running", **vm} for i, vm in vms.items()}}}]}}


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], **answer(request)}), flush=True)
