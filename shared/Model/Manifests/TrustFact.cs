namespace K8sBackup.Model.Manifests;

/// <summary>A certificate that etcd or its client shows, and whether the captured authority vouches for it.</summary>
/// <param name="Purpose">"etcd server", "etcd peer" or "API server as client of etcd".</param>
/// <param name="Certificate">The certificate's file.</param>
/// <param name="Authority">The authority's file.</param>
/// <param name="AuthorityFingerprint">SHA-256 of the authority's certificate, hexadecimal; empty when it was not read.</param>
/// <param name="Problem">What is wrong: a file missing, a signature of another authority, a key that does not fit; empty when nothing is.</param>
public sealed record TrustFact(string Purpose, string Certificate, string Authority, string AuthorityFingerprint, string Problem);
