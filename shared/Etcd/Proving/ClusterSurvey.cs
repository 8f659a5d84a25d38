using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Proving;

/// <summary>The members of a cluster and its alarms at one time, seen through one of them.</summary>
/// <param name="Members">All members of its list, the local one included.</param>
/// <param name="Alarms">Alarms it knows of.</param>
public sealed record ClusterSurvey(IReadOnlyList<SurveyedMember> Members, IReadOnlyList<EtcdAlarmFact> Alarms)
{
    // Odd clusters of up to seven are built; a list of more than this is none.
    private const int MembersMax = Model.Manifests.EtcdMemberProof.MembersMax;

    // Several of a member's addresses may be listed; the first two tell whether it is to be reached.
    private const int AddressesMax = 2;

    /// <summary>The member whose endpoint was given.</summary>
    public SurveyedMember Local => Members.First(member => member.IsLocal);

    /// <summary>Asks the local member for the others, and each of them about itself.</summary>
    /// <param name="local">The member of this node; its certificates are shown to the others, too.</param>
    /// <param name="options">Time limits.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="EtcdCallException">The local member did not answer.</exception>
    public static async Task<ClusterSurvey> TakeAsync(
        EtcdEndpoint local, EtcdClientOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(local);
        using var client = EtcdMemberClient.Create(local, options, time);
        var status = await client.StatusAsync(cancellationToken).ConfigureAwait(false);
        var list = await client.MemberListAsync(linearizable: false, cancellationToken).ConfigureAwait(false);
        var own = list.FirstOrDefault(member => member.Id == status.MemberId) ?? new EtcdMemberFact(status.MemberId, string.Empty, [], [], status.IsLearner);
        var defragmenting = await DefragmentationMetric.ReadAsync(local, options.CallTimeout, time, cancellationToken).ConfigureAwait(false);
        var found = new SurveyedMember { Member = own, Endpoint = local, Status = status, IsLocal = true, IsDefragmenting = defragmenting };
        var others = await Task.WhenAll(list.Where(member => member.Id != status.MemberId).Take(MembersMax - 1)
            .Select(member => AskAsync(member, local, options, time, cancellationToken))).ConfigureAwait(false);
        SurveyedMember[] members = [found, .. others.OrderBy(member => member.Label, StringComparer.Ordinal)];
        return new ClusterSurvey(members, StatusAlarms.Read(members.Select(member => member.Status).OfType<EtcdMemberStatus>()));
    }

    private static async Task<SurveyedMember> AskAsync(
        EtcdMemberFact member, EtcdEndpoint local, EtcdClientOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var result = new SurveyedMember { Member = member, Problem = "it lists no address for clients; it was never started" };
        foreach (var url in member.ClientUrls.Take(AddressesMax))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                result = result with { Problem = $"'{url}' is no address of etcd" };
                continue;
            }

            var endpoint = local with { Address = address };
            try
            {
                using var client = EtcdMemberClient.Create(endpoint, options, time);
                var status = await client.StatusAsync(cancellationToken).ConfigureAwait(false);
                var defragmenting = await DefragmentationMetric.ReadAsync(endpoint, options.CallTimeout, time, cancellationToken).ConfigureAwait(false);
                return result with { Endpoint = endpoint, Status = status, Problem = string.Empty, IsDefragmenting = defragmenting };
            }
            catch (Exception e) when (e is EtcdCallException or ArgumentException)
            {
                result = result with { Endpoint = endpoint, Problem = e.Message };
            }
        }

        return result;
    }
}
