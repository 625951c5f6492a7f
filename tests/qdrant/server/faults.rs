//! What can be wrong with the server, chosen by the test as data.

use std::time::Duration;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    // Of the connection. Those with a number stop after so many requests.
    /// Every request waits first.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The connection is dropped instead of an answer.
    Reset {
        /// How often.
        times: u32,
    },
    /// `UNAVAILABLE` (503 over REST).
    Unavailable {
        /// How often.
        times: u32,
    },
    /// `RESOURCE_EXHAUSTED` (429 over REST).
    ResourceExhausted {
        /// How often.
        times: u32,
        /// Seconds it asks to wait, if it says so.
        retry_after: Option<u64>,
    },

    // Of the answers.
    /// Queries leave out the last of their hits.
    TruncatedAnswer {
        /// How many.
        hits: usize,
    },
    /// Counts are off; the points are there.
    WrongCount {
        /// What is added.
        by: i64,
    },
    /// The points with the largest ids are not there, although they were accepted; counts are right.
    LosesPoints {
        /// How many.
        points: usize,
    },
    /// Queries ignore their filters; counts and scrolls do not.
    DropFilter,
    /// Points of equal score change places from query to query.
    UnstableTies,
    /// `hnsw_ef` is ignored: the graph is always searched with `ef_construct`.
    IgnoresEf,
    /// Distances are scalar products of the vectors as they were given.
    WrongMetric,
    /// The dense vectors of one point are not those that were given: each is shifted by a place.
    StaleCorpus {
        /// The point's number.
        point: u64,
    },

    // Of the index.
    /// The index holds half of the vectors, and the collection is yellow.
    HalfIndexed {
        /// Green and complete at this poll of the collection's state, counted from 1; `None` is never.
        done_at: Option<u32>,
    },
    /// Quantization is accepted, and neither used nor in the configuration that is read back.
    NoQuantization,
    /// Payload indexes are accepted and not in the schema that is read back.
    ForgetsPayloadIndex,
    /// It says that all is indexed, and scans.
    ScansOnly,
    /// It says it has this version.
    OldVersion(String),
}

/// What happens to a request before it is looked at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mishap {
    /// The connection ends.
    Reset,
    /// As [`Fault::Unavailable`].
    Unavailable,
    /// As [`Fault::ResourceExhausted`].
    Exhausted(Option<u64>),
}

/// The faults in force.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Vec<(Option<&'static str>, Fault)>);

impl Faults {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        let mut all = Self::default();
        for fault in faults {
            all.set(None, fault.clone());
        }
        all
    }

    pub(crate) fn set(&mut self, method: Option<&'static str>, fault: Fault) {
        let kind = std::mem::discriminant(&fault);
        self.0
            .retain(|(m, f)| *m != method || std::mem::discriminant(f) != kind);
        self.0.push((method, fault));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn has(&self, fault: &Fault) -> bool {
        self.0.iter().any(|(_, f)| f == fault)
    }

    /// The first that `pick` knows, whatever it was set for.
    pub(crate) fn find<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(|(_, f)| pick(f))
    }

    /// How long a request has to wait.
    pub(crate) fn delay(&self, method: &str) -> Option<Duration> {
        self.0.iter().find_map(|(of, fault)| match fault {
            Fault::Delay { ms } if concerns(*of, method) => Some(Duration::from_millis(*ms)),
            _ => None,
        })
    }

    /// What happens to this request; one less will happen to the next.
    pub(crate) fn mishap(&mut self, method: &str) -> Option<Mishap> {
        self.0
            .iter_mut()
            .filter(|(of, _)| concerns(*of, method))
            .find_map(|(_, fault)| {
                let (times, mishap) = match fault {
                    Fault::Reset { times } => (times, Mishap::Reset),
                    Fault::Unavailable { times } => (times, Mishap::Unavailable),
                    Fault::ResourceExhausted { times, retry_after } => {
                        let after = *retry_after;
                        (times, Mishap::Exhausted(after))
                    }
                    _ => return None,
                };
                *times = times.checked_sub(1)?;
                Some(mishap)
            })
    }
}

/// A fault that is set for no method in particular is one of gRPC; REST is asked for by name.
fn concerns(of: Option<&'static str>, method: &str) -> bool {
    of.map_or(!method.starts_with("GET "), |of| of == method)
}
