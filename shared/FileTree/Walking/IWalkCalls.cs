namespace K8sBackup.FileTree.Walking;

/// <summary>How a walk calls the file system: at once, or on a thread that is left behind when a call does not return.</summary>
public interface IWalkCalls
{
    /// <summary>Makes a call and gives its result. A result that comes after the call was given up is disposed of.</summary>
    /// <exception cref="IOException">That of the call, or that it was given up.</exception>
    T Run<T>(Func<T> call);
}
