pub fn update(_: &[String]) -> anyhow::Result<()> {
    Ok(())
}
