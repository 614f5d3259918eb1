namespace RobustMQ.GatewayKit.Identity;

/// <summary>How an open session stands after its user, or what that may do, has changed.</summary>
public enum SessionStanding
{
    Unchanged = 0,

    /// <summary>What was allowed still is: nothing that the session has needs to be looked at.</summary>
    MayDoMore = 1,

    /// <summary>Something that was allowed may not be any more.</summary>
    MayDoLess = 2,

    /// <summary>It logged in with what the user does not log in with any more.</summary>
    HasOldCredentials = 3,

    /// <summary>There is no such user any more.</summary>
    IsGone = 4,
}
