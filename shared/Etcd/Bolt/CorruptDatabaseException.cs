namespace K8sBackup.Etcd.Bolt;

/// <summary>
/// A bolt file, or the etcd records inside it, broke a rule of its format. Never retried: the same bytes give the same answer.
/// </summary>
public sealed class CorruptDatabaseException : Exception
{
    /// <summary>Names the page that broke the rule and the rule.</summary>
    /// <param name="pageId">Page on which the damage was seen; 0 and 1 are the meta pages.</param>
    /// <param name="reason">The broken rule, without data from the file other than sizes and ids.</param>
    public CorruptDatabaseException(ulong pageId, string reason)
        : base($"bolt page {pageId}: {reason}")
    {
        PageId = pageId;
        Reason = reason;
    }

    /// <summary>Names the page and the rule, and keeps the parser error that showed it.</summary>
    public CorruptDatabaseException(ulong pageId, string reason, Exception inner)
        : base($"bolt page {pageId}: {reason}", inner)
    {
        PageId = pageId;
        Reason = reason;
    }

    /// <summary>Page on which the damage was seen.</summary>
    public ulong PageId { get; }

    /// <summary>The broken rule.</summary>
    public string Reason { get; }
}
