using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Proving;

/// <summary>
/// Which member to read. One that is a learner, knows no leader, belongs to another cluster, lags, rewrites its database, runs a
/// newer minor version than another, or is under suspicion, is passed over. Of the others the local one is read, then a
/// follower, then the leader. When only an alarm about corruption stands against all that are left, one of them is read: a
/// doubtful snapshot is better than none.
/// </summary>
/// <param name="Chosen">The member; null when none fits.</param>
/// <param name="Notes">Everything that was held against a member, and what else is remarkable about the cluster.</param>
public sealed record MemberChoice(SurveyedMember? Chosen, IReadOnlyList<string> Notes)
{
    /// <summary>Entries of the log a member may be behind the most advanced one: at Kubernetes' rates some seconds.</summary>
    public const ulong LagMax = 1000;

    /// <summary>Chooses.</summary>
    /// <param name="survey">The cluster.</param>
    /// <param name="avoid">Ids of members whose data was found to differ from that of others.</param>
    public static MemberChoice Of(ClusterSurvey survey, IReadOnlyCollection<ulong> avoid)
    {
        ArgumentNullException.ThrowIfNull(survey);
        ArgumentNullException.ThrowIfNull(avoid);
        var objections = survey.Members.ToDictionary(member => member.Member.Id, member => Objection(member, survey, avoid));
        var fit = survey.Members.Where(member => objections[member.Member.Id] is null).ToList();
        var alarmed = fit.Where(member => IsAlarmed(member, survey)).ToList();
        var chosen = Preferred(fit.Except(alarmed)) ?? Preferred(alarmed);
        List<string> notes = [];
        foreach (var member in survey.Members.Where(member => member != chosen))
        {
            if ((objections[member.Member.Id] ?? (IsAlarmed(member, survey) ? "etcd has raised its alarm CORRUPT for it" : null)) is { } reason)
            {
                notes.Add($"{(member.IsLocal ? "The member of this node, " : "")}{member.Label}{(member.IsLocal ? "," : "")} was not read: {reason}.");
            }
        }

        notes.AddRange(Remarks(survey));
        return new MemberChoice(chosen, notes);
    }

    private static SurveyedMember? Preferred(IEnumerable<SurveyedMember> members) =>
        members.OrderByDescending(member => member.IsLocal).ThenBy(member => member.Status!.IsLeader).ThenBy(member => member.Label, StringComparer.Ordinal).FirstOrDefault();

    private static string? Objection(SurveyedMember member, ClusterSurvey survey, IReadOnlyCollection<ulong> avoid)
    {
        if (member.Status is not { } status)
        {
            return member.Problem;
        }

        if (!member.HasVote)
        {
            return "it is a learner, whose data may be old";
        }

        if (survey.Local.Status is { } local && status.ClusterId != local.ClusterId)
        {
            return "it belongs to another cluster";
        }

        if (status.LeaderId == 0)
        {
            return "it knows no leader";
        }

        if (avoid.Contains(member.Member.Id))
        {
            return "its data differed from that of others";
        }

        if (Versions(survey) is { Count: > 0 } versions && status.DataVersion > versions.Min())
        {
            return $"it runs {status.Version} while others run {versions.Min()}";
        }

        var lag = survey.Members.Max(each => each.Status?.RaftAppliedIndex ?? 0) - status.RaftAppliedIndex;
        return lag > LagMax ? $"it is {lag} entries behind"
            : member.IsDefragmenting == true ? "it is being defragmented"
            : null;
    }

    private static bool IsAlarmed(SurveyedMember member, ClusterSurvey survey) =>
        survey.Alarms.Any(alarm => alarm.Kind == EtcdAlarmKind.Corrupt && alarm.MemberId == member.Member.Id);

    private static List<EtcdVersion> Versions(ClusterSurvey survey) =>
        [.. survey.Members.Where(member => member.HasVote).Select(member => member.Status?.DataVersion).OfType<EtcdVersion>()];

    private static IEnumerable<string> Remarks(ClusterSurvey survey)
    {
        string[] versions = [.. survey.Members.Select(member => member.Status?.Version).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        if (versions.Length > 1)
        {
            yield return $"The members run different versions: {string.Join(", ", versions)}.";
        }

        foreach (var alarm in survey.Alarms)
        {
            var label = survey.Members.FirstOrDefault(member => member.Member.Id == alarm.MemberId)?.Label ?? "a member that is not listed";
            yield return $"etcd has raised an alarm for {label}: {alarm.Kind}.";
        }
    }
}
