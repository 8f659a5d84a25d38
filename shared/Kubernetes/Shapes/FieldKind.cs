namespace K8sBackup.Kubernetes.Shapes;

/// <summary>What a field holds, and so how JSON shows it.</summary>
internal enum FieldKind
{
    Text,
    Number,
    Flag,

    /// <summary>Bytes, in base64.</summary>
    Bytes,

    /// <summary>Seconds and nanoseconds since 1970, shown to the second.</summary>
    Time,

    /// <summary>The same, shown to the microsecond.</summary>
    MicroTime,

    /// <summary>A map of texts.</summary>
    TextMap,

    /// <summary>A map of bytes, in base64.</summary>
    BytesMap,

    /// <summary>A message of another shape.</summary>
    Message,

    /// <summary>A message whose field 1 is JSON text, shown as that JSON.</summary>
    RawJson,
}
