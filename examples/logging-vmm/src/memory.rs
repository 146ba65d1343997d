//! The memory manager of a small VMM with a dirty log, written without the model.
//!
//! Frames live in one arena and are named by their index. Each VM maps its pages through a
//! `BTreeMap`, and keeps what is one bit of a page (dirty log, write access, accessed) in bitmaps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::bitmap::Bitmap;

pub type FrameId = usize;
/// What a page holds; 0 is a page of zeros.
pub type Content = usize;

/// Why an operation did not happen.
pub type Refusal = &'static str;
pub type Outcome<T = ()> = Result<T, Refusal>;

#[derive(Clone, Copy, Debug, Default)]
pub struct Config {
    pub frames: usize,
    pub swap: usize,
    /// Frames of the hypervisor's own, and those that each VM costs.
    pub hypervisor: usize,
    pub overhead: usize,
    /// Free frames that ordinary allocations leave alone.
    pub emergency: usize,
    pub max_pins: usize,
}

/// Bugs that can be switched on, to see what finds them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bug {
    /// A page that was collected may be written without a fault, so the next write is not logged.
    HarvestKeepsWriteAccess,
    /// What a device writes is not logged.
    UnloggedDma,
    /// What the VMM writes by itself is not logged.
    UnloggedHostWrite,
    /// A device still reaches a page that it let go of.
    StalePin,
    /// A frame goes to its next owner as the last one left it.
    NotScrubbed,
}

impl Bug {
    pub const ALL: [(&'static str, Bug); 5] = [
        ("harvest-keeps-write-access", Bug::HarvestKeepsWriteAccess),
        ("unlogged-dma", Bug::UnloggedDma),
        ("unlogged-host-write", Bug::UnloggedHostWrite),
        ("stale-pin", Bug::StalePin),
        ("not-scrubbed", Bug::NotScrubbed),
    ];
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Logging {
    Off,
    /// Collecting the log clears it.
    Auto,
    /// Each page is cleared by itself, just before it is copied.
    Manual,
}

#[derive(Clone, Copy, Debug)]
struct Translation {
    page: usize,
    writable: bool,
}

#[derive(Clone, Copy, Debug)]
struct Pin {
    frame: FrameId,
    count: usize,
}

#[derive(Clone, Debug)]
pub struct Vm {
    pub size: usize,
    pub reservation: usize,
    pub limit: usize,
    pub shares: usize,
    pub logging: Logging,
    pub logged: Bitmap,
    writable: Bitmap,
    accessed: Bitmap,
    sampled: Bitmap,
    pub pages: BTreeMap<usize, FrameId>,
    table: BTreeMap<usize, Translation>,
    pins: BTreeMap<usize, Pin>,
    overhead: Vec<FrameId>,
    pub waits_for: Option<usize>,
}

impl Vm {
    fn in_range(&self, page: usize) -> Outcome {
        refuse_if(page >= self.size, "out-of-range")
    }

    /// From now on a write to the page must be noticed.
    fn protect(&mut self, page: usize) {
        self.logged.clear(page);
        self.writable.clear(page);
    }

    fn log(&mut self, page: usize) {
        if self.logging != Logging::Off {
            self.logged.set(page);
        }
    }
}

/// What became of an access of a guest.
#[derive(Debug, PartialEq)]
pub enum Access {
    Done {
        page: usize,
        content: Content,
    },
    /// The page has no frame yet, and the guest waits for one.
    Stalled {
        page: usize,
    },
    /// The guest's own table has no such page, or forbids the access.
    Fault,
}

#[derive(Clone, Debug)]
pub struct Host {
    config: Config,
    bug: Option<Bug>,
    contents: Vec<Content>,
    clean: BTreeSet<FrameId>,
    dirty: VecDeque<FrameId>,
    pub vms: BTreeMap<usize, Vm>,
}

fn refuse_if(condition: bool, reason: Refusal) -> Outcome {
    if condition {
        Err(reason)
    } else {
        Ok(())
    }
}

impl Host {
    pub fn new(config: Config, bug: Option<Bug>) -> Host {
        Host {
            config,
            bug,
            contents: vec![0; config.frames],
            clean: (config.hypervisor..config.frames).collect(),
            dirty: VecDeque::new(),
            vms: BTreeMap::new(),
        }
    }

    pub fn free_frames(&self) -> usize {
        self.clean.len() + self.dirty.len()
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn vm(&mut self, name: usize) -> Outcome<&mut Vm> {
        self.vms.get_mut(&name).ok_or("no-such-vm")
    }

    fn running(&mut self, name: usize) -> Outcome<&mut Vm> {
        let vm = self.vm(name)?;
        refuse_if(vm.waits_for.is_some(), "vm-stalled")?;
        Ok(vm)
    }

    /// A VM, where the page is one of its pages.
    fn vm_with(&mut self, name: usize, page: usize) -> Outcome<&mut Vm> {
        let vm = self.vm(name)?;
        vm.in_range(page)?;
        Ok(vm)
    }

    fn promised_frames(&self) -> usize {
        let Config {
            hypervisor,
            emergency,
            overhead,
            ..
        } = self.config;
        let vms = self.vms.values().map(|vm| vm.reservation + overhead);
        hypervisor + emergency + vms.sum::<usize>()
    }

    fn promised_swap(&self) -> usize {
        self.vms.values().map(|vm| vm.size - vm.reservation).sum()
    }

    /// Admits a VM whose reservation fits in memory and the rest in swap; returns what it costs.
    pub fn create(&mut self, name: usize, size: usize, reservation: usize) -> Outcome<&[FrameId]> {
        let Config {
            frames,
            swap,
            overhead,
            emergency,
            ..
        } = self.config;
        refuse_if(self.vms.contains_key(&name), "vm-exists")?;
        refuse_if(reservation > size, "reservation-above-size")?;
        refuse_if(
            self.promised_frames() + reservation + overhead > frames,
            "admission-memory",
        )?;
        refuse_if(
            self.promised_swap() + size - reservation > swap,
            "admission-swap",
        )?;
        refuse_if(self.free_frames() < emergency + overhead, "no-free-frame")?;
        let mut taken: Vec<FrameId> = (0..overhead).filter_map(|_| self.take_any()).collect();
        taken.sort_unstable();
        let vm = Vm {
            size,
            reservation,
            limit: size,
            shares: 1,
            logging: Logging::Off,
            logged: Bitmap::new(size),
            writable: Bitmap::new(size),
            accessed: Bitmap::new(size),
            sampled: Bitmap::new(size),
            pages: BTreeMap::new(),
            table: BTreeMap::new(),
            pins: BTreeMap::new(),
            overhead: taken,
            waits_for: None,
        };
        Ok(&self.vms.entry(name).or_insert(vm).overhead)
    }

    /// Memory that no guest sees need not be clean.
    fn take_any(&mut self) -> Option<FrameId> {
        self.dirty.pop_front().or_else(|| self.clean.pop_first())
    }

    pub fn destroy(&mut self, name: usize) -> Outcome {
        let vm = self.vm(name)?;
        refuse_if(vm.pins.values().any(|pin| pin.count > 0), "pinned")?;
        if let Some(vm) = self.vms.remove(&name) {
            self.dirty.extend(vm.pages.into_values().chain(vm.overhead));
        }
        Ok(())
    }

    pub fn set_reservation(&mut self, name: usize, reservation: usize) -> Outcome {
        let (frames, swap) = (self.promised_frames(), self.promised_swap());
        let Config {
            frames: all_frames,
            swap: all_swap,
            ..
        } = self.config;
        let vm = self.vm(name)?;
        refuse_if(vm.reservation == reservation, "no-change")?;
        refuse_if(reservation > vm.limit, "reservation-above-limit")?;
        refuse_if(
            frames + reservation - vm.reservation > all_frames,
            "admission-memory",
        )?;
        refuse_if(
            swap + vm.reservation - reservation > all_swap,
            "admission-swap",
        )?;
        vm.reservation = reservation;
        Ok(())
    }

    pub fn set_limit(&mut self, name: usize, limit: usize) -> Outcome {
        let vm = self.vm(name)?;
        refuse_if(vm.limit == limit, "no-change")?;
        refuse_if(limit > vm.size, "above-maximum")?;
        refuse_if(vm.reservation > limit, "reservation-above-limit")?;
        vm.limit = limit;
        Ok(())
    }

    pub fn set_shares(&mut self, name: usize, shares: usize) -> Outcome {
        let vm = self.vm(name)?;
        refuse_if(vm.shares == shares, "no-change")?;
        vm.shares = shares;
        Ok(())
    }

    pub fn map(&mut self, name: usize, at: usize, page: usize, writable: bool) -> Outcome {
        let vm = self.running(name)?;
        vm.in_range(page)?;
        refuse_if(vm.table.contains_key(&at), "already-mapped")?;
        vm.table.insert(at, Translation { page, writable });
        Ok(())
    }

    pub fn unmap(&mut self, name: usize, at: usize) -> Outcome {
        let entry = self.running(name)?.table.remove(&at);
        entry.map(drop).ok_or("not-mapped-by-guest")
    }

    pub fn read(&mut self, name: usize, at: usize) -> Outcome<Access> {
        let vm = self.running(name)?;
        let Some(&Translation { page, .. }) = vm.table.get(&at) else {
            return Ok(Access::Fault);
        };
        let Some(&frame) = vm.pages.get(&page) else {
            vm.waits_for = Some(page);
            return Ok(Access::Stalled { page });
        };
        vm.accessed.set(page);
        Ok(Access::Done {
            page,
            content: self.contents[frame],
        })
    }

    pub fn write(&mut self, name: usize, at: usize, content: Content) -> Outcome<Access> {
        let vm = self.running(name)?;
        let Some(&Translation {
            page,
            writable: true,
        }) = vm.table.get(&at)
        else {
            return Ok(Access::Fault);
        };
        let Some(&frame) = vm.pages.get(&page) else {
            vm.waits_for = Some(page);
            return Ok(Access::Stalled { page });
        };
        vm.accessed.set(page);
        // The first write to a protected page faults, which is how the log comes to know.
        if !vm.writable.get(page) {
            vm.log(page);
            vm.writable.set(page);
        }
        self.contents[frame] = content;
        Ok(Access::Done { page, content })
    }

    /// The VMM writes a page itself, past the guest's protection: it tells the log.
    pub fn poke(&mut self, name: usize, page: usize, content: Content) -> Outcome {
        let forgets = self.has(Bug::UnloggedHostWrite);
        let vm = self.vm_with(name, page)?;
        let frame = *vm.pages.get(&page).ok_or("not-mapped")?;
        vm.accessed.set(page);
        if !forgets {
            vm.log(page);
        }
        vm.writable.set(page);
        self.contents[frame] = content;
        Ok(())
    }

    pub fn populate(&mut self, name: usize, page: usize) -> Outcome<FrameId> {
        let free = self.free_frames();
        let emergency = self.config.emergency;
        let first = self.clean.first().copied();
        let vm = self.vm_with(name, page)?;
        refuse_if(vm.pages.contains_key(&page), "page-in-use")?;
        refuse_if(vm.pages.len() >= vm.limit, "over-limit")?;
        refuse_if(free <= emergency, "no-free-frame")?;
        let frame = first.ok_or("frame-not-scrubbed")?;
        vm.pages.insert(page, frame);
        if vm.logging == Logging::Off || vm.logged.get(page) {
            vm.writable.set(page);
        } else {
            vm.writable.clear(page);
        }
        if vm.waits_for == Some(page) {
            vm.waits_for = None;
        }
        self.clean.remove(&frame);
        Ok(frame)
    }

    /// Clears one free frame.
    pub fn scrub(&mut self) -> Outcome<FrameId> {
        let frame = self.dirty.pop_front().ok_or("already-scrubbed")?;
        if !self.has(Bug::NotScrubbed) {
            self.contents[frame] = 0;
        }
        self.clean.insert(frame);
        Ok(frame)
    }

    pub fn pin(&mut self, name: usize, page: usize) -> Outcome {
        let max = self.config.max_pins;
        let vm = self.vm_with(name, page)?;
        let frame = *vm.pages.get(&page).ok_or("not-mapped")?;
        let pin = vm.pins.entry(page).or_insert(Pin { frame, count: 0 });
        refuse_if(pin.count >= max, "too-many-pins")?;
        *pin = Pin {
            frame,
            count: pin.count + 1,
        };
        Ok(())
    }

    pub fn unpin(&mut self, name: usize, page: usize) -> Outcome {
        let stale = self.has(Bug::StalePin);
        let vm = self.vm_with(name, page)?;
        let pin = vm
            .pins
            .get_mut(&page)
            .filter(|pin| pin.count > 0)
            .ok_or("not-pinned")?;
        pin.count -= 1;
        if pin.count == 0 && !stale {
            vm.pins.remove(&page);
        }
        Ok(())
    }

    /// A device writes to the frame that it holds; false when it holds none.
    pub fn dma(&mut self, name: usize, page: usize, content: Content) -> Outcome<bool> {
        let forgets = self.has(Bug::UnloggedDma);
        let vm = self.vm_with(name, page)?;
        let Some(&Pin { frame, .. }) = vm.pins.get(&page) else {
            return Ok(false);
        };
        vm.accessed.set(page);
        if !forgets {
            vm.log(page);
        }
        self.contents[frame] = content;
        Ok(true)
    }

    pub fn start_log(&mut self, name: usize, manual: bool) -> Outcome {
        let vm = self.vm(name)?;
        refuse_if(vm.logging != Logging::Off, "already-logging")?;
        vm.logging = if manual {
            Logging::Manual
        } else {
            Logging::Auto
        };
        for page in 0..vm.size {
            vm.protect(page);
        }
        Ok(())
    }

    pub fn stop_log(&mut self, name: usize) -> Outcome {
        let vm = self.vm(name)?;
        refuse_if(vm.logging == Logging::Off, "not-logging")?;
        vm.logging = Logging::Off;
        vm.logged = Bitmap::new(vm.size);
        Ok(())
    }

    pub fn harvest_log(&mut self, name: usize) -> Outcome<Vec<usize>> {
        let keeps = self.has(Bug::HarvestKeepsWriteAccess);
        let vm = self.vm(name)?;
        refuse_if(vm.logging == Logging::Off, "not-logging")?;
        let pages: Vec<usize> = vm.logged.iter().collect();
        if vm.logging == Logging::Auto {
            for &page in &pages {
                if keeps {
                    vm.logged.clear(page);
                } else {
                    vm.protect(page);
                }
            }
        }
        Ok(pages)
    }

    pub fn clear_log(&mut self, name: usize, page: usize) -> Outcome {
        let vm = self.vm_with(name, page)?;
        refuse_if(vm.logging != Logging::Manual, "not-manual")?;
        refuse_if(!vm.logged.get(page), "not-logged")?;
        vm.protect(page);
        Ok(())
    }

    /// Counts what was touched of the last sample, as a share of the VM, and begins another.
    pub fn sample(&mut self, name: usize, pages: &[usize]) -> Outcome<Option<usize>> {
        let vm = self.vm(name)?;
        refuse_if(pages.iter().any(|&page| page >= vm.size), "out-of-range")?;
        let sampled = vm.sampled.iter().count();
        let touched = vm
            .sampled
            .iter()
            .filter(|&page| vm.accessed.get(page))
            .count();
        vm.sampled = Bitmap::new(vm.size);
        for &page in pages {
            vm.sampled.set(page);
            vm.accessed.clear(page);
        }
        Ok((vm.size * touched).checked_div(sampled))
    }
}
