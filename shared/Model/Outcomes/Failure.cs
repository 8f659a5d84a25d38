namespace K8sBackup.Model.Outcomes;

/// <summary>An expected failure as a value: where, why, and in words. Never holds secrets or file content.</summary>
/// <param name="Node">Node it happened on or concerns; empty for the coordinator.</param>
/// <param name="Source">Source in text form (<c>kind/name@node</c>); empty when no source is concerned.</param>
/// <param name="Cause">The cause programs act on.</param>
/// <param name="Message">One sentence for people, without the node and the source.</param>
public sealed record Failure(string Node, string Source, FailureCause Cause, string Message)
{
    public override string ToString()
    {
        string place = Source.Length > 0 ? Source : Node;
        return place.Length > 0 ? $"{place}: {Message} ({Cause})" : $"{Message} ({Cause})";
    }
}
