//! Which of its possible causes each finding is put down to. Every finding has one cause at most, and following causes
//! always ends: what comes out is a forest with the root causes as its roots.

use crate::finding::Finding;

use super::search::{Candidate, Search};

/// For each finding what it is put down to.
pub(super) fn choose(findings: &[Finding], search: &mut Search) -> Vec<Option<Candidate>> {
    let mut ranked: Vec<Vec<Candidate>> = Vec::with_capacity(findings.len());
    for at in 0..findings.len() {
        let mut candidates = search.causes(at).candidates;
        if candidates.len() > 1 {
            candidates.sort_by_cached_key(|candidate| rank(findings, at, candidate));
        }
        ranked.push(candidates);
    }
    let mut chosen: Vec<Option<usize>> =
        ranked.iter().map(|candidates| (!candidates.is_empty()).then_some(0)).collect();
    for at in 0..findings.len() {
        while let Some(circle) = circle_from(at, &ranked, &chosen) {
            cut(findings, &circle, &ranked, &mut chosen);
        }
    }
    gather(&ranked, &mut chosen);
    let take = |(candidates, at): (Vec<Candidate>, Option<usize>)| candidates.into_iter().nth(at?);
    ranked.into_iter().zip(chosen).map(take).collect()
}

/// Findings about one object that come from one root hang together: on each other rather than each on the root.
fn gather(ranked: &[Vec<Candidate>], chosen: &mut [Option<usize>]) {
    for at in 0..ranked.len() {
        let same = ranked[at].iter().position(|candidate| candidate.path.is_empty());
        let Some(same) = same.filter(|_| chosen[at].is_some()) else { continue };
        let way = way_up(ranked[at][same].cause, ranked, chosen);
        if !way.contains(&at) && way.last() == way_up(at, ranked, chosen).last() {
            chosen[at] = Some(same);
        }
    }
}

/// From a finding to its root, both included. There are no circles any more.
fn way_up(start: usize, ranked: &[Vec<Candidate>], chosen: &[Option<usize>]) -> Vec<usize> {
    std::iter::successors(Some(start), |&at| cause(ranked, chosen, at)).collect()
}

/// What is certain before what is inferred, near before far, further up before further down, and of several the one
/// that began closest to the symptom: what has been bad for long was bad without it before.
fn rank(findings: &[Finding], at: usize, candidate: &Candidate) -> (u8, u8, usize, i64, usize) {
    let (symptom, cause) = (&findings[at], &findings[candidate.cause]);
    let distance = match (&symptom.since, &cause.since) {
        (Some(symptom), Some(cause)) => (symptom.at.unix() - cause.at.unix()).abs(),
        _ => i64::MAX,
    };
    let certainty = match candidate {
        Candidate { inferred: true, .. } => 2,
        Candidate { certain: true, .. } => 0,
        _ => 1,
    };
    (certainty, cause.layer as u8, candidate.path.len(), distance, candidate.cause)
}

fn cause(ranked: &[Vec<Candidate>], chosen: &[Option<usize>], at: usize) -> Option<usize> {
    Some(ranked[at].get(chosen[at]?)?.cause)
}

/// The findings of a circle that following causes from here runs into.
fn circle_from(start: usize, ranked: &[Vec<Candidate>], chosen: &[Option<usize>]) -> Option<Vec<usize>> {
    let mut at = cause(ranked, chosen, start)?;
    // Ways are short: looking along them is faster than a set
    let mut way = vec![start];
    loop {
        if let Some(begin) = way.iter().position(|&on_way| on_way == at) {
            return Some(way.split_off(begin));
        }
        way.push(at);
        at = cause(ranked, chosen, at)?;
    }
}

/// The member that began first, or lies furthest up, is not put down to the circle: to its next cause, or to none.
fn cut(findings: &[Finding], circle: &[usize], ranked: &[Vec<Candidate>], chosen: &mut [Option<usize>]) {
    let onset = |at: usize| findings[at].since.as_ref().map_or(i64::MAX, |since| since.at.unix());
    let first = circle.iter().copied().min_by_key(|&at| (onset(at), findings[at].layer, at));
    if let Some(first) = first {
        chosen[first] = chosen[first].map(|at| at + 1).filter(|&at| at < ranked[first].len());
    }
}
