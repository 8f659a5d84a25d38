using System.Security.Cryptography.X509Certificates;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Rotation;

/// <summary>
/// The authority, and another in its place: <see cref="BeginAsync"/> makes the next one, which is trusted beside the former one and issues from then on,
/// while the coordinator is still known by the former one; <see cref="FinishAsync"/> drops that. What was issued before is good in between, and
/// connections that stand are left alone by both. Kept first where other coordinators find it, then in the state directory. Thread-safe.
/// </summary>
public sealed class AuthorityRing : IDisposable
{
    private readonly string _directory;
    private readonly string _cluster;
    private readonly IAuthorityHome _home;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _changing = new(1);
    private volatile AuthorityPair _current;
    private volatile RotationMark? _mark;

    /// <exception cref="InvalidDataException">What is in the directory cannot be used.</exception>
    public AuthorityRing(string directory, string cluster, IAuthorityHome home, TimeProvider clock)
    {
        _directory = directory;
        _cluster = cluster;
        _home = home;
        _clock = clock;
        _current = AuthorityPair.OpenOrCreate(directory, cluster, clock);
        _mark = StateFile.Read<RotationMark>(Path.Combine(directory, AuthorityFolder.Mark));
    }

    /// <summary>Raised after each change. Any thread.</summary>
    public event Action? Changed;

    /// <summary>What is in force. One that was replaced is not disposed: calls under way may use it.</summary>
    public AuthorityPair Current => _current;

    /// <summary>The one the coordinator is known by.</summary>
    public CertificateAuthority Serving => _current.Serving;

    /// <summary>Null when no replacement goes on.</summary>
    public RotationMark? Rotation => _current.Next is null ? null : _mark ?? new RotationMark();

    /// <summary>Which of the two issued the certificate, by its fingerprint; empty for neither.</summary>
    public string IssuerOf(X509Certificate2 certificate)
    {
        AuthorityPair current = _current;
        return new[] { current.Issuing, current.Serving }.FirstOrDefault(authority => authority.Issued(certificate))?.Fingerprint ?? "";
    }

    /// <summary>
    /// Whether its holder is to renew it: it is the former authority's, or it is of before that was dropped, and its holder still trusts that.
    /// </summary>
    public bool IsOutdated(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        // Certificates count seconds.
        return _current.Next is { } next
            ? !next.Issued(certificate)
            : _mark?.FinishedAt is { } finished && CertificateAuthority.IssuedAt(certificate) < finished - TimeSpan.FromSeconds(1);
    }

    /// <summary>Makes the next authority; false when one takes over already.</summary>
    /// <exception cref="IOException">It cannot be kept; nothing has changed.</exception>
    public async Task<bool> BeginAsync(TimeSpan overlap, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (_current.Next is not null)
            {
                return false;
            }

            DateTimeOffset now = _clock.GetUtcNow();
            (string certificate, string key) = CertificateAuthority.Create(_cluster, _clock);
            RotationMark mark = new() { BeganAt = now, OverlapEndsAt = now + overlap };
            Dictionary<string, string> files = await ReadAsync(cancellationToken);
            files[AuthorityFolder.NextKey] = key;
            files[AuthorityFolder.NextCertificate] = certificate;
            files[AuthorityFolder.Mark] = Format(mark);
            await _home.KeepAsync(files, [certificate, files[AuthorityFolder.Certificate]], cancellationToken);
            Write(AuthorityFolder.Mark, files);
            Write(AuthorityFolder.NextKey, files);
            Write(AuthorityFolder.NextCertificate, files);
            Enter(mark);
            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Drops the former authority; false when no other takes over.</summary>
    /// <exception cref="IOException">It cannot be kept; nothing has changed.</exception>
    public async Task<bool> FinishAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (Rotation is not { } rotation)
            {
                return false;
            }

            RotationMark mark = rotation with { FinishedAt = _clock.GetUtcNow() };
            Dictionary<string, string> files = await ReadAsync(cancellationToken);
            files.Remove(AuthorityFolder.NextKey, out string? key);
            files.Remove(AuthorityFolder.NextCertificate, out string? certificate);
            files[AuthorityFolder.Key] = key!;
            files[AuthorityFolder.Certificate] = certificate!;
            files[AuthorityFolder.Mark] = Format(mark);
            await _home.KeepAsync(files, [certificate!], cancellationToken);
            AuthorityFolder.Promote(_directory);
            Write(AuthorityFolder.Mark, files);
            Enter(mark);
            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose() => _changing.Dispose();

    private static string Format(RotationMark mark) => System.Text.Encoding.UTF8.GetString(StateFile.Format(mark));

    private async Task<Dictionary<string, string>> ReadAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, string> files = [];
        foreach (string name in AuthorityFolder.Names.Where(name => File.Exists(Path.Combine(_directory, name))))
        {
            files[name] = await File.ReadAllTextAsync(Path.Combine(_directory, name), cancellationToken);
        }

        return files;
    }

    private void Write(string name, Dictionary<string, string> files) => PrivateFiles.Write(Path.Combine(_directory, name), files[name]);

    private void Enter(RotationMark mark)
    {
        _current = AuthorityPair.OpenOrCreate(_directory, _cluster, _clock);
        _mark = mark;
        Changed?.Invoke();
    }
}
