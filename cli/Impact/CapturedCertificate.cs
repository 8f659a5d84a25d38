using Google.Protobuf.WellKnownTypes;

namespace K8sBackup.Cli.Impact;

/// <summary>A certificate among the control-plane files of a restore point.</summary>
/// <param name="Node">The node it is of.</param>
/// <param name="Path">Its file there.</param>
/// <param name="Subject">Whom it names.</param>
/// <param name="NotAfter">When it ends.</param>
/// <param name="IsExpired">True when it has ended by now.</param>
internal sealed record CapturedCertificate(string Node, string Path, string Subject, Timestamp NotAfter, bool IsExpired);
