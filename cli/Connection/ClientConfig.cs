namespace K8sBackup.Cli.Connection;

/// <summary>Where the coordinator is and who the operator is.</summary>
/// <param name="Coordinator">Address, for example <c>https://10.0.0.5:7443</c>.</param>
/// <param name="IdentityDirectory">Directory of the operator's <c>identity.pem</c>.</param>
/// <param name="File">The file this was read from.</param>
internal sealed record ClientConfig(Uri Coordinator, string IdentityDirectory, string File);
