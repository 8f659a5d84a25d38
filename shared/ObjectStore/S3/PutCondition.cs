namespace K8sBackup.ObjectStore.S3;

/// <summary>What must hold for a write to happen, as request headers.</summary>
/// <param name="IfNoneMatch">"*" when there must be no object.</param>
/// <param name="IfMatch">Entity tag the object must have, as the endpoint wants it written.</param>
internal sealed record PutCondition(string? IfNoneMatch, string? IfMatch)
{
    public static PutCondition None { get; } = new(null, null);

    public static PutCondition Absent { get; } = new("*", null);

    /// <summary>The object has the tag; Amazon takes it quoted or not, Ceph compares it unquoted.</summary>
    public static PutCondition Tag(string tag, bool isQuoted) => new(null, isQuoted ? $"\"{tag}\"" : tag);
}
