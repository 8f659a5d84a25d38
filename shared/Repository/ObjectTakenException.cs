namespace K8sBackup.Repository;

/// <summary>An object that was to be created exists with other content.</summary>
public sealed class ObjectTakenException : Exception
{
    public ObjectTakenException(string objectName)
        : base($"The object '{objectName}' exists with other content, and nothing is ever overwritten.") => ObjectName = objectName;

    /// <summary>The name that is taken.</summary>
    public string ObjectName { get; }

    /// <summary>Always true.</summary>
    public bool IsPermanent { get; } = true;
}
