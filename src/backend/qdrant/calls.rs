//! Which calls are repeated, when, and how many were: a server that is busy is asked again, and each time is counted.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tonic::{Code, Status};

use crate::backend::Calls;

/// Longest pause that a server may ask for.
const LONGEST: Duration = Duration::from_secs(30);

/// Calls and failures so far.
#[derive(Default)]
pub(super) struct Counts {
    sent: AtomicU64,
    repeated: AtomicU64,
    /// Only failures wait for this lock.
    failed: Mutex<BTreeMap<&'static str, u64>>,
}

impl Counts {
    pub(super) fn sent(&self, attempt: u32) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.repeated.fetch_add(u64::from(attempt > 0), Ordering::Relaxed);
    }

    pub(super) fn failed(&self, status: &Status) {
        let mut failed = self.failed.lock().expect("no thread panics with it");
        *failed.entry(name(status.code())).or_default() += 1;
    }

    pub(super) fn calls(&self) -> Calls {
        let failed = self.failed.lock().expect("no thread panics with it");
        Calls {
            sent: self.sent.load(Ordering::Relaxed),
            repeated: self.repeated.load(Ordering::Relaxed),
            failed: failed.iter().map(|(code, n)| ((*code).to_owned(), *n)).collect(),
        }
    }
}

/// Keeps a server that is down from being asked for ever: a failure costs a token, a success earns a tenth of one, and
/// nothing is repeated with fewer than half of them (gRPC's proposal A6, "retry throttling").
pub(super) struct Budget(Mutex<f64>);

const TOKENS: f64 = 100.0;
const EARNED: f64 = 0.1;

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(TOKENS))
    }
}

impl Budget {
    pub(super) fn earn(&self) {
        // Nobody else is in the way but a failure; the lock is free nearly always.
        if let Ok(mut tokens) = self.0.try_lock() {
            *tokens = (*tokens + EARNED).min(TOKENS);
        }
    }

    /// Whether a repeat may be sent after a failure.
    pub(super) fn spend(&self) -> bool {
        let mut tokens = self.0.lock().expect("no thread panics with it");
        *tokens = (*tokens - 1.0).max(0.0);
        *tokens >= TOKENS / 2.0
    }
}

/// Whether the same call may succeed later. Every call here may be repeated: an upload puts the same points once more.
pub(super) fn worth_repeating(status: &Status) -> bool {
    let broken = status.code() == Code::Unknown && status.message().contains("transport error");
    broken
        || matches!(
            status.code(),
            Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Cancelled
        )
}

/// How long to wait before it: what the server asks for, else 50 ms doubled each time.
pub(super) fn pause(status: &Status, attempt: u32) -> Duration {
    let asked = status.metadata().get("retry-after").and_then(|v| v.to_str().ok());
    let asked = asked
        .and_then(|seconds| seconds.parse().ok())
        .map(Duration::from_secs);
    let own = Duration::from_millis(50) * 2u32.saturating_pow(attempt.min(10));
    asked.unwrap_or(own).min(LONGEST)
}

/// A code as the protocol's documents write it.
pub(super) fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_server_is_asked_again_and_a_wrong_question_is_not() {
        assert!(worth_repeating(&Status::resource_exhausted("")));
        assert!(worth_repeating(&Status::unknown("transport error")));
        assert!(!worth_repeating(&Status::invalid_argument("")));
        assert!(!worth_repeating(&Status::unauthenticated("")));
    }

    #[test]
    fn pauses_double_unless_the_server_names_one() {
        let busy = Status::unavailable("");
        let pauses: Vec<u128> = (0..4).map(|n| pause(&busy, n).as_millis()).collect();
        assert_eq!(pauses, [50, 100, 200, 400]);
        let mut asked = Status::resource_exhausted("");
        asked.metadata_mut().insert("retry-after", "2".parse().unwrap());
        assert_eq!(pause(&asked, 0), Duration::from_secs(2));
        asked
            .metadata_mut()
            .insert("retry-after", "3600".parse().unwrap());
        assert_eq!(pause(&asked, 0), LONGEST);
    }

    #[test]
    fn repeats_end_when_failures_go_on_and_come_back_with_success() {
        let budget = Budget::default();
        let granted = (0..200).filter(|_| budget.spend()).count();
        assert_eq!(granted, 50);
        for _ in 0..520 {
            budget.earn();
        }
        assert!(budget.spend());
    }

    #[test]
    fn every_failure_is_counted_by_its_code() {
        let counts = Counts::default();
        counts.sent(0);
        counts.failed(&Status::unavailable(""));
        counts.sent(1);
        let calls = counts.calls();
        assert_eq!((calls.sent, calls.repeated), (2, 1));
        assert_eq!(calls.failed, BTreeMap::from([("UNAVAILABLE".to_owned(), 1)]));
    }
}
