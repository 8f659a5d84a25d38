namespace K8sBackup.ObjectStore;

/// <summary>A store operation failed: which operation, on which object, and why.</summary>
public sealed class ObjectStoreException : Exception
{
    /// <param name="error">The cause programs act on.</param>
    /// <param name="operation">The operation in one word, for example "put".</param>
    /// <param name="objectName">The object or prefix concerned.</param>
    /// <param name="detail">What the store said, without secrets.</param>
    /// <param name="inner">The provider's exception.</param>
    public ObjectStoreException(ObjectStoreError error, string operation, string objectName, string detail, Exception? inner = null)
        : base($"{operation} '{objectName}': {detail} ({error})", inner)
    {
        Error = error;
        Operation = operation;
        ObjectName = objectName;
    }

    /// <summary>The cause.</summary>
    public ObjectStoreError Error { get; }

    /// <summary>The operation that failed.</summary>
    public string Operation { get; }

    /// <summary>The object or prefix it was about.</summary>
    public string ObjectName { get; }

    /// <summary>True when trying again without a change elsewhere cannot help.</summary>
    public bool IsPermanent => Error is not (ObjectStoreError.Unavailable or ObjectStoreError.NoSpace);
}
