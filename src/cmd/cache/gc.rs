//! `evalrun cache gc`: what is removed, and why.

use std::time::{Duration, SystemTime};

use anyhow::Context;

use super::kept::{Kept, Kind, day};
use crate::cmd::args::{CacheArgs, KeptKind};
use crate::cmd::table::size;
use crate::cmd::{Exit, data_out};

/// Work that goes on writes more often than this.
const ABANDONED: Duration = Duration::from_secs(86_400);

pub(super) fn gc(all: &[Kept], args: &CacheArgs) -> anyhow::Result<Exit> {
    let now = SystemTime::now();
    let going = all
        .iter()
        .filter(|kept| goes(kept, args.older_than, &args.kind, now));
    let verb = if args.dry_run { "would remove" } else { "removed" };
    let (mut bytes, mut n) = (0, 0);
    for kept in going {
        if !args.dry_run {
            let removed = match kept.path.is_dir() {
                true => std::fs::remove_dir_all(&kept.path),
                false => std::fs::remove_file(&kept.path),
            };
            removed.with_context(|| format!("removing `{}`", kept.path.display()))?;
        }
        let used = day(kept.used).unwrap_or_else(|| "unknown".to_owned());
        let (kind, size) = (kept.kind.word(), size(kept.bytes));
        data_out(&format!(
            "{verb} {} ({kind}, {size}, last used {used})\n",
            kept.path.display()
        ))?;
        bytes += kept.bytes;
        n += 1;
    }
    data_out(&match n {
        0 => "nothing to remove\n".to_owned(),
        _ => format!("{verb} {} in all\n", size(bytes)),
    })?;
    Ok(Exit::Fine)
}

/// Whether something is removed. What has no known last use stays.
fn goes(kept: &Kept, older_than: Option<Duration>, kinds: &[KeptKind], now: SystemTime) -> bool {
    // A time in the future is that of another clock: it was used just now.
    let idle = kept
        .used
        .map(|used| now.duration_since(used).unwrap_or(Duration::ZERO));
    let Some(idle) = idle else { return false };
    if kept.kind == Kind::LeftOver {
        return idle > ABANDONED;
    }
    let is_meant = match kinds {
        [] => kept.kind.is_computed(),
        kinds => kept.kind.asked().is_some_and(|kind| kinds.contains(&kind)),
    };
    is_meant && older_than.is_some_and(|age| idle > age)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    /// Whether something goes that was used `days` ago.
    fn gone(kind: Kind, days: u64, older_than: Option<u64>, kinds: &[KeptKind]) -> bool {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000 * DAY);
        let used = now.checked_sub(Duration::from_secs(days * DAY)).unwrap();
        let kept = Kept {
            kind,
            name: String::new(),
            path: "x".into(),
            bytes: 1,
            used: Some(used),
        };
        let age = older_than.map(|days| Duration::from_secs(days * DAY));
        goes(&kept, age, kinds, now)
    }

    #[test]
    fn by_itself_only_what_was_left_over_goes() {
        assert!(gone(Kind::LeftOver, 2, None, &[]));
        assert!(
            !gone(Kind::LeftOver, 0, None, &[]),
            "it may belong to work that goes on"
        );
        assert!(!gone(Kind::Embeddings, 900, None, &[]));
    }

    #[test]
    fn an_age_takes_what_can_be_computed_again() {
        assert!(gone(Kind::Embeddings, 31, Some(30), &[]));
        assert!(!gone(Kind::Embeddings, 30, Some(30), &[]));
        for kind in [Kind::Data, Kind::Model, Kind::Runtime] {
            assert!(!gone(kind, 900, Some(30), &[]), "{kind:?}");
        }
    }

    #[test]
    fn downloads_go_only_if_they_are_named() {
        assert!(gone(Kind::Data, 31, Some(30), &[KeptKind::Data]));
        assert!(gone(Kind::Runtime, 31, Some(30), &[KeptKind::Models]));
        assert!(!gone(Kind::Pairs, 31, Some(30), &[KeptKind::Data]));
    }
}
