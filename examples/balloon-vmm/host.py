"""The host side of a small VMM with a balloon device, written without the model.

Free frames wait in two heaps, clean and dirty. A VM's memory map has an entry for each page that has a
frame and none for the others; what the balloon took is a set of its own.
"""
import heapq
from dataclasses import dataclass, field

from guest import Guest
from refusal import refuse_if

BUGS = {
    "mapped-after-discard": "a page in the balloon keeps its frame, which goes to the next owner, too",
    "whole-host-page": "a huge page is taken when a part of it is in the balloon",
    "inhibit-ignored": "memory is taken although an assigned device relies on it",
    "reset-keeps-balloon": "after a restart of the guest the device still holds what its driver gave",
    "early-reuse": "a guest that must tell the host first uses pages that it has not got back",
}


@dataclass(frozen=True)
class Config:
    frames: int
    swap: int
    hypervisor: int
    overhead: int
    emergency: int
    """Free frames that ordinary allocations leave alone."""
    floor: int
    """Pages that a balloon leaves its guest."""
    units: int
    """Balloon units in a page."""
    huge_page: int
    """Pages in one huge page."""


@dataclass
class Vm:
    guest: Guest
    reservation: int
    touch: str
    """What a touch of a page in the balloon comes to: refill, pop or fault."""
    huge: bool
    overhead: list[int]
    frames: dict[int, int] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)
    """Pages that the driver said are in its balloon."""
    taken: set[int] = field(default_factory=set)
    """Pages whose memory the balloon took."""
    target: int = 0
    actual: int = 0
    inhibited: bool = False
    waits_for: int | None = None

    @property
    def size(self):
        return self.guest.size


class Host:
    def __init__(self, config, bug=None):
        self.config = config
        self.bug = bug
        self.clean = list(range(config.hypervisor, config.frames))
        self.dirty = []
        self.bytes = [0] * config.frames
        self.vms = {}

    @property
    def free_frames(self):
        return len(self.clean) + len(self.dirty)

    def vm(self, name):
        refuse_if(name not in self.vms, "no-such-vm")
        return self.vms[name]

    def running(self, name):
        vm = self.vm(name)
        refuse_if(vm.waits_for is not None, "vm-stalled")
        return vm

    def create(self, name, size, reservation, touch, huge):
        """Admits a VM whose reservation fits in memory and the rest in swap; returns its overhead."""
        config, others = self.config, self.vms.values()
        refuse_if(name in self.vms, "vm-exists")
        refuse_if(reservation > size, "reservation-above-size")
        promised = sum(vm.reservation + config.overhead for vm in others)
        reserved = config.hypervisor + config.emergency + promised
        refuse_if(reserved + reservation + config.overhead > config.frames, "admission-memory")
        swap = sum(vm.size - vm.reservation for vm in others)
        refuse_if(swap + size - reservation > config.swap, "admission-swap")
        refuse_if(self.free_frames - config.overhead < config.emergency, "no-free-frame")
        # No guest sees these, so they need not be clean.
        overhead = [heapq.heappop(self.dirty or self.clean) for _ in range(config.overhead)]
        self.vms[name] = Vm(Guest(size), reservation, touch, huge, overhead)
        return sorted(overhead)

    def destroy(self, name):
        vm = self.vm(name)
        for frame in (*vm.frames.values(), *vm.overhead):
            heapq.heappush(self.dirty, frame)
        del self.vms[name]

    def reset(self, name):
        """The guest restarts: its driver is gone, and nobody told the device."""
        vm = self.vm(name)
        vm.waits_for = None
        vm.guest.restart()
        if self.bug != "reset-keeps-balloon":
            self.give_back(vm)

    def give_back(self, vm):
        """Everything in the balloon is the guest's again; memory comes when it is touched."""
        vm.told.clear()
        vm.taken.clear()

    def scrub(self):
        """Clears one free frame."""
        refuse_if(not self.dirty, "already-scrubbed")
        frame = heapq.heappop(self.dirty)
        self.bytes[frame] = 0
        heapq.heappush(self.clean, frame)
        return frame

    def populate(self, name, page):
        """Gives a page a frame; returns it, and whether that popped the balloon."""
        vm = self.vm(name)
        refuse_if(page >= vm.size, "out-of-range")
        refuse_if(page in vm.frames, "page-in-use")
        refuse_if(page in vm.taken and vm.waits_for != page, "already-ballooned")
        refuse_if(self.free_frames <= self.config.emergency, "no-free-frame")
        refuse_if(not self.clean, "frame-not-scrubbed")
        popped = page in vm.taken and vm.touch == "pop"
        vm.taken.discard(page)
        vm.frames[page] = heapq.heappop(self.clean)
        if vm.waits_for == page:
            vm.waits_for = None
        return vm.frames[page], popped

    def access(self, name, at, value=None):
        """Reads, or writes `value`. The outcome is (what, page or content, what it waits for)."""
        vm = self.running(name)
        page = vm.guest.translate(at, value is not None)
        if page is None:
            return "guest-fault", at, None
        if page in vm.taken and vm.touch == "fault":
            return "balloon-fault", page, None
        if page not in vm.frames:
            vm.waits_for = page
            return "stalled", page, "refill" if page in vm.taken else "populate"
        frame = vm.frames[page]
        if value is None:
            return "read", self.bytes[frame], None
        self.bytes[frame] = value
        return "written", page, None

    def set_target(self, name, target):
        vm = self.vm(name)
        refuse_if(target > (vm.size - self.config.floor) * self.config.units, "above-maximum")
        vm.target = target

    def request(self, name, value):
        """The monitor asks for a guest of so many units, as QEMU's `balloon` does; 0 means nothing."""
        vm = self.vm(name)
        memory = vm.size * self.config.units
        if value > 0:
            vm.target = max(0, memory - value)

    def inhibit(self, name, inhibited):
        vm = self.vm(name)
        refuse_if(vm.inhibited == inhibited, "no-change")
        vm.inhibited = inhibited

    def load_driver(self, name, must_tell, deflate_on_oom, poison, poison_value):
        vm = self.running(name)
        driver = vm.guest.driver
        refuse_if(driver.state != "absent", "driver-present")
        refuse_if(vm.touch == "fault" and not must_tell, "must-tell-host")
        refuse_if(not poison and poison_value != 0, "not-negotiated")
        driver.state = "ready"
        driver.must_tell = must_tell
        driver.deflate_on_oom = deflate_on_oom
        vm.actual = 0

    def retire_driver(self, name, state):
        """The driver goes, and deflates first; the target stays for one that comes back."""
        vm = self.running(name)
        driver = vm.guest.driver
        gone = driver.state == "absent" if state == "absent" else driver.state != "ready"
        refuse_if(gone, "driver-absent")
        vm.guest.empty_balloon()
        driver.state = state
        self.give_back(vm)
        vm.actual = 0

    def restore_driver(self, name):
        driver = self.running(name).guest.driver
        refuse_if(driver.state != "frozen", "not-frozen")
        driver.state = "ready"

    def inflate(self, name, pages):
        vm = self.running(name)
        vm.guest.inflate(pages, self.wanted(vm), self.config.floor)

    def deflate(self, name, pages):
        vm = self.running(name)
        vm.guest.deflate(pages, self.wanted(vm), self.bug == "early-reuse")
        self.publish(vm)

    def wanted(self, vm):
        """Pages that the driver should hold: the target in whole pages, rounded up."""
        return -(-vm.target // self.config.units)

    def publish(self, vm):
        vm.actual = len(vm.guest.balloon) * self.config.units

    def out_of_memory(self, name, pages):
        """Whether the balloon gave pages to a guest that has none left; if not, it kills a process."""
        vm = self.running(name)
        gave = vm.guest.out_of_memory(pages, self.bug == "early-reuse")
        if gave:
            self.publish(vm)
        return gave

    def acknowledge_inflate(self, name):
        """Takes the memory behind the pages that the driver told of."""
        vm = self.vm(name)
        message = vm.guest.inflating
        refuse_if(not message, "nothing-to-acknowledge")
        vm.told |= message
        for page in message:
            self.discard(vm, page)
        message.clear()
        self.publish(vm)

    def discard(self, vm, page):
        if vm.inhibited and self.bug != "inhibit-ignored":
            return
        part = self.host_page(vm, page)
        if not vm.told.issuperset(part) and self.bug != "whole-host-page":
            return
        for each in part:
            frame = vm.frames.get(each)
            if self.bug != "mapped-after-discard":
                vm.frames.pop(each, None)
                vm.taken.add(each)
            if frame is not None:
                heapq.heappush(self.dirty, frame)

    def host_page(self, vm, page):
        """The pages that lie in the same page of the host's."""
        if not vm.huge:
            return range(page, page + 1)
        first = page - page % self.config.huge_page
        return range(first, min(first + self.config.huge_page, vm.size))

    def acknowledge_deflate(self, name):
        """Notes which pages left the balloon."""
        vm = self.vm(name)
        message = vm.guest.deflating
        refuse_if(not message, "nothing-to-acknowledge")
        vm.told -= message
        for page in message:
            vm.taken.difference_update(self.host_page(vm, page))
        vm.guest.deflated()
