namespace K8sBackup.ObjectStore;

/// <summary>How a create-only write ended.</summary>
public enum PutOutcome
{
    /// <summary>The object is durable, with the content given.</summary>
    Created = 1,

    /// <summary>The name was taken; nothing was written.</summary>
    AlreadyExists = 2,
}
