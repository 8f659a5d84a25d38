using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace K8sBackup.Etcd.DataDir;

/// <summary>
/// Ids of a cluster and its members, computed as etcd does. The same URLs and token always give the same ids, so every
/// restore needs a token of its own: else an old member that comes back would be taken for a restored one.
/// </summary>
public sealed record ClusterIdentity
{
    private ClusterIdentity(string token, ulong clusterId, IReadOnlyList<ClusterMember> members)
    {
        Token = token;
        ClusterId = clusterId;
        Members = members;
    }

    /// <summary>The cluster token.</summary>
    public string Token { get; }

    /// <summary>The cluster id.</summary>
    public ulong ClusterId { get; }

    /// <summary>The members in ascending order of their ids.</summary>
    public IReadOnlyList<ClusterMember> Members { get; }

    /// <summary>Checks the membership and computes all ids.</summary>
    /// <exception cref="DataDirException">It is no cluster (<see cref="DataDirFault.InvalidMembership"/>).</exception>
    public static ClusterIdentity Create(IReadOnlyList<InitialMember> members, string token)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentException.ThrowIfNullOrEmpty(token);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var urls = new HashSet<string>(StringComparer.Ordinal);
        var identified = new List<ClusterMember>();
        foreach (var member in members)
        {
            var sorted = member.PeerUrls.Select(PeerUrl.Normalize).Order(StringComparer.Ordinal).ToArray();
            Require(member.Name.Length > 0 && names.Add(member.Name), $"member name '{member.Name}' is empty or used twice");
            Require(sorted.Length > 0, $"member {member.Name} has no peer URL");
            foreach (var url in sorted)
            {
                Require(urls.Add(url), $"peer URL {url} is used twice");
            }

            identified.Add(new ClusterMember(HashPrefix(Encoding.UTF8.GetBytes(string.Concat(sorted) + token)), member.Name, sorted));
        }

        Require(identified.Count > 0, "a cluster has at least one member");
        identified.Sort((left, right) => left.Id.CompareTo(right.Id));
        var ids = new byte[identified.Count * sizeof(ulong)];
        for (var i = 0; i < identified.Count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(ids.AsSpan(i * sizeof(ulong)), identified[i].Id);
        }

        return new ClusterIdentity(token, HashPrefix(ids), identified);
    }

    /// <summary>Finds a member by name.</summary>
    /// <exception cref="DataDirException">There is none (<see cref="DataDirFault.InvalidMembership"/>).</exception>
    public ClusterMember Member(string name) => Members.FirstOrDefault(member => member.Name == name)
        ?? throw new DataDirException(DataDirFault.InvalidMembership, $"member '{name}' is not in the cluster");

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new DataDirException(DataDirFault.InvalidMembership, message);
        }
    }

    // SHA-1 is etcd's choice of an identifier, not a protection of ours.
#pragma warning disable CA5350
    private static ulong HashPrefix(byte[] data) => BinaryPrimitives.ReadUInt64BigEndian(SHA1.HashData(data));
#pragma warning restore CA5350
}
