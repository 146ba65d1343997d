//! A small VMM with a dirty log, over the protocol of docs/protocol.md.
//!
//! Usage: logging-vmm [--bug NAME]

mod bitmap;
mod json;
mod memory;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use json::Json;
use memory::{Access, Bug, Config, Host, Logging, Outcome, Vm};

/// Nothing is larger than this, whatever a scope says.
const SIZE_LIMIT: usize = 65_536;

/// The arguments of a command. A number that is missing is one that nothing has.
struct Args<'a>(&'a Json);

impl Args<'_> {
    fn number(&self, name: &str) -> usize {
        index(self.0.get(name)).unwrap_or(u32::MAX as usize)
    }

    fn is(&self, name: &str) -> bool {
        self.0.get(name).is_true()
    }

    fn numbers(&self, name: &str) -> Vec<usize> {
        self.0
            .get(name)
            .as_array()
            .iter()
            .filter_map(index)
            .collect()
    }
}

fn index(value: &Json) -> Option<usize> {
    value
        .as_number()
        .and_then(|number| u32::try_from(number).ok())
        .map(|number| number as usize)
}

fn done() -> Json {
    object! { "ok": true, "events": Vec::<Json>::new() }
}

fn event(event: Json) -> Json {
    object! { "ok": true, "events": vec![event] }
}

fn took(frame: usize) -> Json {
    let choices = object! { "frame": frame };
    object! { "ok": true, "events": Vec::<Json>::new(), "choices": choices }
}

type Operation = fn(&mut Host, usize, &Args) -> Outcome<Json>;

const OPERATIONS: [(&str, Operation); 20] = [
    ("memory.create-vm", |host, vm, a| {
        let overhead = host
            .create(vm, a.number("size"), a.number("reservation"))?
            .to_vec();
        let choices = object! { "overhead": overhead };
        Ok(object! { "ok": true, "events": Vec::<Json>::new(), "choices": choices })
    }),
    ("memory.destroy-vm", |host, vm, _| {
        host.destroy(vm).map(|()| done())
    }),
    ("memory.set-reservation", |host, vm, a| {
        host.set_reservation(vm, a.number("reservation"))
            .map(|()| done())
    }),
    ("memory.set-limit", |host, vm, a| {
        host.set_limit(vm, a.number("limit")).map(|()| done())
    }),
    ("memory.set-shares", |host, vm, a| {
        host.set_shares(vm, a.number("shares")).map(|()| done())
    }),
    ("memory.map", |host, vm, a| {
        host.map(vm, a.number("virtual"), a.number("page"), a.is("writable"))
            .map(|()| done())
    }),
    ("memory.unmap", |host, vm, a| {
        host.unmap(vm, a.number("virtual")).map(|()| done())
    }),
    ("memory.read", |host, vm, a| {
        let at = a.number("virtual");
        Ok(match host.read(vm, at)? {
            Access::Done { content, .. } => {
                event(object! { "type": "read", "vm": vm, "content": content })
            }
            other => held_up(other, vm, at),
        })
    }),
    ("memory.write", |host, vm, a| {
        let at = a.number("virtual");
        Ok(match host.write(vm, at, a.number("content"))? {
            Access::Done { page, .. } => {
                event(object! { "type": "written", "vm": vm, "page": page })
            }
            other => held_up(other, vm, at),
        })
    }),
    ("memory.host-write", |host, vm, a| {
        host.poke(vm, a.number("page"), a.number("content"))
            .map(|()| done())
    }),
    ("memory.populate", |host, vm, a| {
        host.populate(vm, a.number("page")).map(took)
    }),
    ("memory.scrub", |host, _, _| host.scrub().map(took)),
    ("memory.pin", |host, vm, a| {
        host.pin(vm, a.number("page")).map(|()| done())
    }),
    ("memory.unpin", |host, vm, a| {
        host.unpin(vm, a.number("page")).map(|()| done())
    }),
    ("memory.dma", |host, vm, a| {
        let page = a.number("page");
        Ok(match host.dma(vm, page, a.number("content"))? {
            true => done(),
            false => event(object! { "type": "iommu-fault", "vm": vm, "page": page }),
        })
    }),
    ("memory.start-log", |host, vm, a| {
        host.start_log(vm, a.is("manual")).map(|()| done())
    }),
    ("memory.stop-log", |host, vm, _| {
        host.stop_log(vm).map(|()| done())
    }),
    ("memory.harvest-log", |host, vm, _| {
        let pages = host.harvest_log(vm)?;
        Ok(event(
            object! { "type": "harvested", "vm": vm, "pages": pages },
        ))
    }),
    ("memory.clear-log", |host, vm, a| {
        host.clear_log(vm, a.number("page")).map(|()| done())
    }),
    ("memory.sample-active", |host, vm, a| {
        Ok(match host.sample(vm, &a.numbers("pages"))? {
            Some(active) => event(object! { "type": "activity", "vm": vm, "active": active }),
            None => done(),
        })
    }),
];

/// An access that did not happen: the guest waits, or its own table has nothing there.
fn held_up(access: Access, vm: usize, at: usize) -> Json {
    event(match access {
        Access::Stalled { page } => {
            object! { "type": "stalled", "vm": vm, "page": page, "wait": "populate" }
        }
        _ => object! { "type": "guest-fault", "vm": vm, "virtual": at },
    })
}

fn show_vm(vm: &Vm) -> Json {
    let pages = (0..vm.size).map(|page| {
        let at = match vm.pages.get(&page) {
            Some(&frame) => object! { "kind": "mapped", "frame": frame },
            None => object! { "kind": "unbacked" },
        };
        (page, object! { "at": at, "logged": vm.logged.get(page) })
    });
    let logging = match vm.logging {
        Logging::Off => "off",
        Logging::Auto => "auto",
        Logging::Manual => "manual",
    };
    object! {
        "state": "running",
        "size": vm.size,
        "reservation": vm.reservation,
        "limit": vm.limit,
        "shares": vm.shares,
        "logging": logging,
        "stalled": vm.waits_for,
        "consumed": vm.pages.len(),
        "pages": by_id(pages),
    }
}

/// Elements of an array of the model, given by id.
fn by_id(elements: impl Iterator<Item = (usize, Json)>) -> Json {
    Json::Object(
        elements
            .map(|(id, element)| (id.to_string(), element))
            .collect(),
    )
}

struct Server {
    bug: Option<Bug>,
    config: Config,
    vms: usize,
    host: Host,
    snapshots: BTreeMap<usize, Host>,
}

impl Server {
    fn new(bug: Option<Bug>) -> Server {
        let config = Config::default();
        let host = Host::new(config, bug);
        Server {
            bug,
            config,
            vms: 0,
            host,
            snapshots: BTreeMap::new(),
        }
    }

    fn answer(&mut self, request: &Json) -> Json {
        match request.get("op").as_str() {
            "hello" => self.hello(request.get("scope").get("sizes")),
            "reset" => {
                self.host = Host::new(self.config, self.bug);
                object! { "ok": true }
            }
            "step" => self.step(request.get("command")),
            "batch" => {
                let commands = request.get("commands").as_array().iter();
                let replies: Vec<Json> = commands.map(|command| self.step(command)).collect();
                object! { "replies": replies }
            }
            "observe" => object! { "state": self.observe() },
            "snapshot" => {
                let number = Args(request).number("snapshot");
                self.snapshots.insert(number, self.host.clone());
                object! { "ok": true }
            }
            "restore" => {
                let kept = self.snapshots.get(&Args(request).number("snapshot"));
                if let Some(host) = kept {
                    self.host = host.clone();
                }
                object! { "ok": kept.is_some() }
            }
            _ => object! { "error": "no such request" },
        }
    }

    fn hello(&mut self, sizes: &Json) -> Json {
        let size = |name: &str| index(sizes.get(name)).unwrap_or(0).min(SIZE_LIMIT);
        self.config = Config {
            frames: size("frame"),
            swap: size("slot"),
            hypervisor: size("hypervisor"),
            overhead: size("overhead"),
            emergency: size("emergency"),
            max_pins: size("pins"),
        };
        self.vms = size("vm");
        let commands: Vec<&str> = OPERATIONS.iter().map(|&(kind, _)| kind).collect();
        object! {
            "protocol": 1_usize,
            "system": "logging VMM",
            "commands": commands,
            "can": vec!["batch", "observe", "snapshot"],
        }
    }

    fn step(&mut self, command: &Json) -> Json {
        let kind = command.get("kind").as_str();
        let Some((_, operation)) = OPERATIONS.iter().find(|(name, _)| *name == kind) else {
            return object! { "unsupported": true };
        };
        let args = Args(command.get("args"));
        operation(&mut self.host, args.number("vm"), &args).unwrap_or_else(|code| {
            let rejection = object! { "code": code };
            object! { "ok": false, "rejection": rejection }
        })
    }

    fn observe(&self) -> Json {
        let vms = (0..self.vms).map(|name| {
            let absent = || object! { "state": "absent" };
            (name, self.host.vms.get(&name).map_or_else(absent, show_vm))
        });
        let memory = object! { "freeFrames": self.host.free_frames(), "vms": by_id(vms) };
        object! { "hosts": vec![object! { "memory": memory }] }
    }
}

fn with_id(id: &Json, answer: Json) -> Json {
    match answer {
        Json::Object(fields) => {
            let id = ("id".to_owned(), id.clone());
            Json::Object(std::iter::once(id).chain(fields).collect())
        }
        other => other,
    }
}

fn bug_named(args: &[String]) -> Result<Option<Bug>, String> {
    let names = || Bug::ALL.map(|(name, _)| name).join(", ");
    match args {
        [] => Ok(None),
        [flag, name] if flag == "--bug" => Bug::ALL
            .iter()
            .find(|(known, _)| known == name)
            .map(|&(_, bug)| Some(bug))
            .ok_or_else(|| format!("there is no bug {name}, only {}", names())),
        _ => Err(format!(
            "usage: logging-vmm [--bug NAME], where NAME is one of {}",
            names()
        )),
    }
}

fn serve(bug: Option<Bug>) -> io::Result<()> {
    let mut server = Server::new(bug);
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = match Json::parse(&line?) {
            Ok(request) => with_id(request.get("id"), server.answer(&request)),
            Err(error) => object! { "id": Json::Null, "error": error.to_string().as_str() },
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match bug_named(&args) {
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
        Ok(bug) => match serve(bug) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
    }
}
