"""A guest: its page table, what it uses its pages for, and its balloon driver."""
from dataclasses import dataclass, field

from refusal import refuse_if


@dataclass
class Driver:
    state: str = "absent"
    must_tell: bool = False
    deflate_on_oom: bool = False


@dataclass
class Guest:
    size: int
    table: dict[int, tuple[int, bool]] = field(default_factory=dict)
    """Virtual page to page, and whether it may be written."""
    driver: Driver = field(default_factory=Driver)
    balloon: set[int] = field(default_factory=set)
    locked: set[int] = field(default_factory=set)
    """Pages that left the balloon, and are not to be used before the host knows."""
    inflating: set[int] = field(default_factory=set)
    """The message under way to the host: pages that went in, or that came out."""
    deflating: set[int] = field(default_factory=set)
    managed: int = 0
    """The memory that the guest believes to have."""

    def __post_init__(self):
        self.managed = self.size

    def is_free(self, page):
        taken = self.balloon | self.locked
        return page < self.size and page not in taken and not self.is_mapped(page)

    def is_mapped(self, page):
        return any(page == mapped for mapped, _ in self.table.values())

    def map(self, at, page, writable):
        refuse_if(page >= self.size, "out-of-range")
        refuse_if(at in self.table, "already-mapped")
        refuse_if(page in self.balloon | self.locked, "not-free-in-guest")
        self.table[at] = page, writable

    def unmap(self, at):
        refuse_if(at not in self.table, "not-mapped-by-guest")
        del self.table[at]

    def translate(self, at, write):
        """The page at a virtual one, or None where the guest's own table forbids the access."""
        page, writable = self.table.get(at, (None, False))
        return page if writable or not write else None

    def inflate(self, pages, wanted, floor):
        """Puts free pages into the balloon, up to what the host wants, and tells it."""
        self._driver_idle()
        held = len(self.balloon) + len(pages)
        refuse_if(held > wanted, "target-reached")
        refuse_if(not all(map(self.is_free, pages)), "not-free-in-guest")
        refuse_if(held > self.size - floor, "below-floor")
        self.balloon.update(pages)
        self.inflating.update(pages)
        if not self.driver.deflate_on_oom:
            self.managed -= len(pages)

    def deflate(self, pages, wanted, early):
        """Takes pages out of the balloon, down to what the host wants, and tells it."""
        self._driver_idle()
        refuse_if(not self.balloon.issuperset(pages), "not-ballooned")
        refuse_if(len(self.balloon) - len(pages) < wanted, "target-reached")
        self._take_out(pages, early)

    def out_of_memory(self, pages, early):
        """Whether the balloon, where it may, gave pages to a guest without any left."""
        refuse_if(any(map(self.is_free, range(self.size))), "guest-has-memory")
        refuse_if(self.inflating or self.deflating, "driver-busy")
        refuse_if(not self.balloon.issuperset(pages), "not-ballooned")
        driver = self.driver
        gives = driver.state == "ready" and driver.deflate_on_oom and bool(self.balloon)
        refuse_if(gives != bool(pages), "balloon-gives")
        if gives:
            self._take_out(pages, early)
        return gives

    def deflated(self):
        """The host knows: the pages that left the balloon may be used."""
        self.locked -= self.deflating
        self.deflating.clear()

    def empty_balloon(self):
        for pages in (self.balloon, self.locked, self.inflating, self.deflating):
            pages.clear()
        self.managed = self.size

    def restart(self):
        self.empty_balloon()
        self.table.clear()
        self.driver = Driver()

    def _driver_idle(self):
        refuse_if(self.driver.state != "ready", "driver-absent")
        refuse_if(self.inflating or self.deflating, "driver-busy")

    def _take_out(self, pages, early):
        self.balloon.difference_update(pages)
        self.deflating.update(pages)
        if self.driver.must_tell and not early:
            self.locked.update(pages)
        if not self.driver.deflate_on_oom:
            self.managed += len(pages)
