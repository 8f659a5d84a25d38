namespace K8sBackup.Kubernetes.Objects;

/// <summary>How a value in etcd is written, told from its first bytes.</summary>
public enum StoredForm
{
    /// <summary>None of the others: not an object, or one of a form not known here.</summary>
    Unknown,

    /// <summary>No bytes at all.</summary>
    Empty,

    /// <summary>Kubernetes' storage form of built-in kinds: "k8s", a zero byte, and a Protobuf envelope.</summary>
    Protobuf,

    /// <summary>JSON, as custom resources are stored.</summary>
    Json,

    /// <summary>CBOR, which newer servers can be told to store custom resources in.</summary>
    Cbor,

    /// <summary>Encrypted at rest, and not decrypted here.</summary>
    Encrypted,
}
