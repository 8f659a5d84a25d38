namespace K8sBackup.Cli.Keys;

/// <summary>One thing <c>init</c> makes.</summary>
/// <param name="What">Repository, key file, certificate authority, ...</param>
/// <param name="Place">Where it is.</param>
/// <param name="WasMade">False when it was there already and was left alone.</param>
internal sealed record InitPart(string What, string Place, bool WasMade);
