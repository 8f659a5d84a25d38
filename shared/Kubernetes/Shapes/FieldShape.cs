namespace K8sBackup.Kubernetes.Shapes;

/// <summary>One field of a message.</summary>
/// <param name="Number">Its number on the wire.</param>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Kind">What it holds.</param>
internal sealed record FieldShape(int Number, string Name, FieldKind Kind)
{
    /// <summary>The shape of a <see cref="FieldKind.Message"/>.</summary>
    public MessageShape? Message { get; init; }

    public bool IsRepeated { get; init; }

    /// <summary>
    /// True when an empty value differs from none. Go's plain fields are always on the wire, and JSON leaves them out when
    /// they are empty; pointers are on the wire only when they are set.
    /// </summary>
    public bool ShowsEmpty { get; init; }
}
