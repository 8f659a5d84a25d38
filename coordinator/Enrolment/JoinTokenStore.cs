using System.Security.Cryptography;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Enrolment;

/// <summary>
/// Join tokens, one file each in <c>tokens</c> of the state directory. A token is used up by the first key that
/// enrols with it; the same key may come again, for the answer may have been lost. Thread-safe.
/// </summary>
public sealed class JoinTokenStore
{
    /// <summary>Tokens alive at the same time: more than a fleet that is set up in one go needs.</summary>
    public const int TokensMax = 10_000;

    private readonly string _directory;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();

    public JoinTokenStore(string directory, TimeProvider clock)
    {
        _directory = directory;
        _clock = clock;
        PrivateFiles.CreateDirectory(directory);
    }

    /// <summary>Makes and keeps a token, and throws away expired ones.</summary>
    /// <exception cref="InvalidOperationException">Too many tokens are alive.</exception>
    public JoinToken Create(System.Security.Cryptography.X509Certificates.X509Certificate2 authority, Role role, string node, DateTimeOffset expiresAt)
    {
        JoinToken token = JoinToken.Create(authority, _clock);
        lock (_lock)
        {
            if (PruneLocked() >= TokensMax)
            {
                throw new InvalidOperationException($"{TokensMax} join tokens are alive; wait until some expire.");
            }

            StateFile.Write(PathOf(token.Id), new JoinTokenRecord(token.SecretHash(), role, node, expiresAt, null, null));
        }

        return token;
    }

    /// <summary>
    /// Uses the token for a node's key and gives the role; null when it is unknown, wrong, expired, used by another key
    /// or meant for another node. Durable before it returns, so that a second key can never win after a crash.
    /// </summary>
    /// <param name="token">The token presented.</param>
    /// <param name="node">The node that wants to enrol.</param>
    /// <param name="keyHash">SHA-256 of its public key.</param>
    /// <param name="isAllowed">Last word on role and on whether the token names its node.</param>
    public Role? Use(JoinToken token, string node, byte[] keyHash, Func<Role, bool, bool> isAllowed)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(isAllowed);
        lock (_lock)
        {
            JoinTokenRecord? record = StateFile.Read<JoinTokenRecord>(PathOf(token.Id));
            if (record is null
                || !CryptographicOperations.FixedTimeEquals(record.SecretHash, token.SecretHash())
                || record.ExpiresAt <= _clock.GetUtcNow()
                || (record.Node.Length > 0 && record.Node != node)
                || !isAllowed(record.Role, record.Node.Length > 0))
            {
                return null;
            }

            if (record.UsedByKey is null)
            {
                StateFile.Write(PathOf(token.Id), record with { UsedByKey = keyHash, UsedByNode = node });
                return record.Role;
            }

            return record.UsedByNode == node && record.UsedByKey.AsSpan().SequenceEqual(keyHash) ? record.Role : null;
        }
    }

    /// <summary>Deletes expired and unreadable tokens and gives the number of those left.</summary>
    private int PruneLocked()
    {
        int alive = 0;
        foreach (string path in Directory.EnumerateFiles(_directory, "*.json"))
        {
            if (IsAlive(path))
            {
                alive++;
            }
            else
            {
                File.Delete(path);
            }
        }

        return alive;
    }

    private bool IsAlive(string path)
    {
        try
        {
            return StateFile.Read<JoinTokenRecord>(path)?.ExpiresAt > _clock.GetUtcNow();
        }
        catch (InvalidDataException)
        {
            // A token that cannot be read can let nobody in; a new one is made in a second.
            return false;
        }
    }

    private string PathOf(SortableId id) => Path.Combine(_directory, $"{id}.json");
}
