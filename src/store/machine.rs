//! The machine that a run was made on.

use serde::{Deserialize, Serialize};

/// The machine, as far as it says; unknown is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// CPU model name.
    pub cpu: Option<String>,
    /// Logical CPUs this process may use.
    pub cpus: usize,
    /// Main memory.
    pub memory_bytes: Option<u64>,
    /// For instance `linux`.
    pub os: String,
    /// For instance `x86_64`.
    pub arch: String,
    /// Load average over one minute before and after the run.
    pub load: (Option<f64>, Option<f64>),
}

impl Machine {
    /// In what `there` is another machine, as far as the two say; a processor without a name could be any.
    pub fn differences(&self, there: &Machine) -> Vec<String> {
        let mut differ = Vec::new();
        match (&self.cpu, &there.cpu) {
            (Some(here), Some(there)) if here == there => {}
            (Some(here), Some(there)) => differ.push(format!("processor {there} there, {here} here")),
            _ => differ.push("a processor is unknown".to_owned()),
        }
        if self.cpus != there.cpus {
            differ.push(format!("{} CPUs there, {} here", there.cpus, self.cpus));
        }
        if (&self.os, &self.arch) != (&there.os, &there.arch) {
            differ.push(format!(
                "{} {} there, {} {} here",
                there.os, there.arch, self.os, self.arch
            ));
        }
        differ
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_the_same_only_if_known_to_be() {
        let machine = |cpu: Option<&str>, cpus| Machine {
            cpu: cpu.map(str::to_owned),
            cpus,
            memory_bytes: None,
            os: "linux".into(),
            arch: "x86_64".into(),
            load: (Some(3.0), None),
        };
        let example = machine(Some("Example 1"), 2);
        assert_eq!(example.differences(&machine(Some("Example 1"), 2)), [""; 0]);
        assert_eq!(
            example.differences(&machine(Some("Example 2"), 4)),
            [
                "processor Example 2 there, Example 1 here",
                "4 CPUs there, 2 here"
            ]
        );
        assert_eq!(
            machine(None, 2).differences(&machine(None, 2)),
            ["a processor is unknown"]
        );
    }
}
