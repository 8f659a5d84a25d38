namespace K8sBackup.Cli.Authorities;

/// <summary>An operator's certificate that was renewed.</summary>
internal sealed record RenewedIdentity(string Identity, string File, DateTimeOffset NotAfter, int Authorities);
