namespace K8sBackup.FileTree.Walking;

/// <summary>How a walk calls the file system: at once, or on a thread that is left behind when a call does not return.</summary>
public interface IWalkCalls
{
    /// <summary>Makes a call and gives its result. A result that comes after the call was given up is disposed of.</summary>
    /// <param name="call">The call.</param>
    /// <param name="progress">How many steps of it are done, where it has several: each may take as long as a call.</param>
    /// <exception cref="IOException">That of the call, or that it was given up.</exception>
    T Run<T>(Func<T> call, Func<int>? progress = null);
}
