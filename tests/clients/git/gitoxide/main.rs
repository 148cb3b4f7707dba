//! Carries out one step (clone, deepen, fetch, whole) and prints the commits of origin/main, newest first.

use std::{env, error::Error, num::NonZeroU32, sync::atomic::AtomicBool};

use gix::{
    progress::Discard,
    remote::{fetch::Shallow, Direction},
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [step, url, folder] = arguments.as_slice() else {
        return Err("client STEP URL FOLDER".into());
    };
    match step.as_str() {
        "clone" => clone(url, folder, Shallow::DepthAtRemote(NonZeroU32::MIN))?,
        "whole" => clone(url, folder, Shallow::NoChange)?,
        "deepen" => fetch(folder, Shallow::DepthAtRemote(NonZeroU32::new(3).unwrap()))?,
        "fetch" => fetch(folder, Shallow::NoChange)?,
        _ => return Err("no such step".into()),
    }
    show(folder)
}

fn clone(url: &str, folder: &str, shallow: Shallow) -> Result<(), Box<dyn Error>> {
    gix::prepare_clone(url, folder)?
        .with_shallow(shallow)
        .fetch_only(Discard, &AtomicBool::new(false))?;
    Ok(())
}

fn fetch(folder: &str, shallow: Shallow) -> Result<(), Box<dyn Error>> {
    gix::open(folder)?
        .find_remote("origin")?
        .connect(Direction::Fetch)?
        .prepare_fetch(Discard, Default::default())?
        .with_shallow(shallow)
        .receive(Discard, &AtomicBool::new(false))?;
    Ok(())
}

fn show(folder: &str) -> Result<(), Box<dyn Error>> {
    let repository = gix::open(folder)?;
    let tip = repository
        .find_reference("refs/remotes/origin/main")?
        .into_fully_peeled_id()?;
    let mut ids = Vec::new();
    for commit in tip.ancestors().all()? {
        ids.push(format!("\"{}\"", commit?.id));
    }
    println!("[{}]", ids.join(", "));
    Ok(())
}
